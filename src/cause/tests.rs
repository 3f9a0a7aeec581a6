use super::*;

#[test]
#[ignore]
fn show() {
    let host = Host::local();
    let word = std::env::var("WORD").unwrap();
    let began = std::time::Instant::now();
    let trail = follow(&host, &word, 6);
    println!("{:?}", began.elapsed());
    for f in &trail.found {
        println!("{} {} — {} {:?}", f.kind, f.name, f.because, f.from);
    }
    for f in &trail.faults {
        println!("{} : {}", f.0, f.1);
    }
}
