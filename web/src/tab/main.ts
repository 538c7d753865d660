/// Starts the page that needs no server.

import "./install";
import "../tokens.css";
import "../base.css";
import { mount } from "svelte";
import Tab from "./Tab.svelte";

const target = document.getElementById("app");
if (target) mount(Tab, { target });
