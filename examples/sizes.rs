use std::mem::size_of;
fn main() {
    println!(
        "Node {} Key {} Claim {} Exp {} Test {} Value {} Ask {} Gathered {} Verdict {} Common {}",
        size_of::<verispec::syntax::Node>(),
        size_of::<verispec::syntax::Key>(),
        size_of::<verispec::spec::Claim>(),
        size_of::<verispec::spec::Expectation>(),
        size_of::<verispec::matcher::Test>(),
        size_of::<verispec::value::Value>(),
        size_of::<verispec::resource::Ask>(),
        size_of::<verispec::gather::Gathered>(),
        size_of::<verispec::verdict::Verdict>(),
        size_of::<verispec::spec::Common>()
    );
}
