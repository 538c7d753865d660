/// Starts the page.

import "./tokens.css";
import "./base.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { account } from "./core/account.svelte";

account.adoptTokenFrom(location, history);
const target = document.getElementById("app");
if (target) mount(App, { target });
void account.load();
