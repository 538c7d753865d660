//! The child alone, for the tests of this crate.

fn main() {
    labwright_sql::child_main();
}
