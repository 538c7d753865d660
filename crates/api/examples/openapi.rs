//! Prints `docs/openapi.json`: `cargo run -p labwright-api --example openapi > docs/openapi.json`.

fn main() {
    print!("{}", labwright_api::json());
}
