//! The migrations are compiled in: a changed one rebuilds this crate.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/budgets");
}
