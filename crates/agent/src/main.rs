//! The agent.
fn main() {
    println!("agent");
}
