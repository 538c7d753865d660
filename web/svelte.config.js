// TypeScript in Svelte files is plain type-stripping, so no preprocessor is needed beyond the plugin's own.
import { vitePreprocess } from "@sveltejs/vite-plugin-svelte";

export default { preprocess: vitePreprocess() };
