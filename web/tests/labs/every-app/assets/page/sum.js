// Adds two numbers in WebAssembly.
const { instance } = await WebAssembly.instantiateStreaming(fetch("add.wasm"));
const [a, b] = document.querySelectorAll("input");
const show = () => (document.querySelector("output").textContent = String(instance.exports.add(a.value, b.value)));
addEventListener("input", show);
show();
