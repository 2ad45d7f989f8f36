//! `cargo run --release -p comitia-pabulib --example parse -- FILE.pb [OUT.pb]`: reads a file, says what is in it, and
//! optionally writes it again.

use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("which file?")?;
    let start = Instant::now();
    let election = comitia_pabulib::Election::read(std::io::BufReader::new(std::fs::File::open(file)?))?;
    println!(
        "{} projects, {} ballots, scale {}, {:?}",
        election.projects.len(),
        election.ballots.len(),
        election.scale(),
        start.elapsed()
    );
    for warning in &election.warnings {
        println!("{warning}");
    }
    if let Some(out) = arguments.next() {
        election.write(&mut std::io::BufWriter::new(std::fs::File::create(out)?))?;
    }
    Ok(())
}
