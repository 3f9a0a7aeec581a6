//! Hostile goss files: whatever a template, an include or a variable asks for, the run ends soon, in little memory.

use crate::{Lab, Ran, wait_until};
use std::fmt::Write;
use std::time::Duration;

/// A lab in which `./goss` is the program.
fn lab() -> Lab {
    let lab = Lab::empty();
    lab.shell("ln -s \"$V\" goss").ended(0);
    lab
}

/// How much memory there is to be had at all, in MiB; how many seconds of a processor, unoptimized; and how long it may take
/// beside other tests, on a machine that has much else to do.
const MEMORY: u64 = 400;
const SECONDS: u32 = 10;
const SOON: Duration = Duration::from_secs(50);

/// A line of the shell ends by itself within the bounds, with a status of goss's and few words.
#[track_caller]
fn ends(lab: &Lab, line: &str) -> Ran {
    let ran =
        lab.shell(&format!("ulimit -v {}; ulimit -c 0; ulimit -t {SECONDS}; timeout -s KILL 60 {line}", MEMORY << 10));
    let shown = || line.chars().take(300).collect::<String>();
    assert!([0, 1, 78].contains(&ran.status), "{}: {:.2000}", shown(), ran.to_string());
    assert!(!ran.err.contains("panicked") && !ran.out.contains("panicked"), "{}: {:.2000}", shown(), ran.to_string());
    assert!(ran.took < SOON, "{} took {:?}", shown(), ran.took);
    assert!(ran.err.len() < 100_000, "{}: {} bytes of errors", shown(), ran.err.len());
    ran
}

/// The same, and it is an error, of which something is said.
#[track_caller]
fn refused(lab: &Lab, line: &str) -> Ran {
    let ran = ends(lab, line);
    assert!(ran.status != 0, "{:.300} is no error", line);
    assert!(!ran.err.trim().is_empty() || !ran.out.trim().is_empty(), "{:.300}: no word on why", line);
    assert!(ran.out.len() < 100_000, "{:.300}: {} bytes of output", line, ran.out.len());
    ran
}

/// A template that is refused, alone or where a file is included.
#[track_caller]
fn template(text: &str) {
    let lab = lab();
    eprintln!("{text:.300}");
    lab.write("goss.yaml", text);
    let ran = refused(&lab, "./goss render");
    assert!(ran.err.len() + ran.out.len() < 20_000, "{text:.300}: {:.3000}", ran.to_string());
}

/// A template that may be fine or not, in bounds.
#[track_caller]
fn template_ends(text: &str) {
    let lab = lab();
    eprintln!("{text:.300}");
    lab.write("goss.yaml", text);
    ends(&lab, "./goss render >/dev/null");
}

#[test]
fn templates_that_call_themselves_end() {
    template(r#"{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}"#);
    template(
        r#"{{ define "a" }}x{{ template "b" . }}{{ end }}{{ define "b" }}y{{ template "a" . }}{{ end }}{{ template "a" . }}"#,
    );
    template(r#"{{ define "a" }}{{ range until 10 }}{{ template "a" }}{{ end }}{{ end }}{{ template "a" }}"#);
    template(r#"{{ block "a" . }}{{ template "a" . }}{{ template "a" . }}{{ end }}"#);
    template(r#"{{ define "a" }}{{ $x := list . . }}{{ template "a" $x }}{{ end }}{{ template "a" 1 }}"#);
    // Not for ever, but as good as: each calls the next twice.
    let mut text = String::new();
    for n in 0..60 {
        write!(
            text,
            "{{{{ define \"t{n}\" }}}}{{{{ template \"t{0}\" }}}}{{{{ template \"t{0}\" }}}}{{{{ end }}}}",
            n + 1
        )
        .unwrap();
    }
    template(&(text + "{{ define \"t60\" }}{{ end }}{{ template \"t0\" }}"));
}

#[test]
fn counts_without_bounds_end() {
    for text in [
        r#"{{ repeat 1000000000 "x" }}"#,
        r#"{{ repeat 100000 (repeat 100000 "x") }}"#,
        r#"{{ range until 100000 }}{{ repeat 100000 "x" }}{{ end }}"#,
        r#"{{ until 2000000000 }}"#,
        r#"{{ range until 9223372036854775807 }}{{ end }}"#,
        r#"{{ untilStep 0 2000000000 1 }}"#,
        r#"{{ seq 1 2000000000 }}"#,
        r#"{{ range 9223372036854775807 }}{{ end }}"#,
        r#"{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"#,
        r#"{{ range until 100000 }}{{ range until 100000 }}{{ range until 100000 }}{{ if eq 1 2 }}x{{ end }}{{ end }}{{ end }}{{ end }}"#,
        r#"{{ indent 2000000000 "x" }}"#,
        r#"{{ nindent 2000000000 "x" }}"#,
        r#"{{ randAlphaNum 2000000000 }}"#,
        r#"{{ randBytes 2000000000 }}"#,
        r#"{{ printf "%2000000000d" 1 }}"#,
        r#"{{ printf "%*d" 2000000000 1 }}"#,
        r#"{{ printf "%.2000000000f" 1.0 }}"#,
        r#"{{ repeat -1 "x" }}"#,
        r#"{{ div 1 0 }}"#,
        r#"{{ mod 1 0 }}"#,
        r#"{{ div -9223372036854775808 -1 | mod -9223372036854775808 -1 | repeat 5 }}"#,
        r#"{{ index (list 1) -1 }}"#,
        r#"{{ index (list 1) 9223372036854775807 }}"#,
    ] {
        template(&format!("x: {text}"));
    }
}

#[test]
fn texts_and_lists_that_double_end() {
    let each = |body: &str| {
        format!(
            "{{{{ $x := \"aaaaaaaaaa\" }}}}{{{{ $l := list 1 2 }}}}{{{{ range until 64 }}}}{body}{{{{ end }}}}x: {{{{ $x }}}}"
        )
    };
    for body in [
        r#"{{ $x = replace "a" "aaaaaaaaaa" $x }}"#,
        r#"{{ $x = printf "%s%s" $x $x }}"#,
        r#"{{ $x = print $x $x }}"#,
        r#"{{ $x = cat $x $x }}"#,
        r#"{{ $x = join $x (list $x $x $x) }}"#,
        r#"{{ $x = regexReplaceAll "a" $x "aaaa" }}"#,
        r#"{{ $x = regexReplaceAllLiteral "" $x $x }}"#,
        r#"{{ $x = $x | b64enc | b64enc }}"#,
        r#"{{ $x = $x | quote | squote | toJson }}"#,
        r#"{{ $x = html (print "&" $x "&" $x) }}"#,
        r#"{{ $x = urlquery (print "%%%" $x $x) }}"#,
        r#"{{ $x = wrapWith 1 $x (print $x $x) }}"#,
        r#"{{ $l = concat $l $l }}"#,
        r#"{{ $l = list $l $l }}{{ $x = toString $l }}"#,
        r#"{{ $l = dict "a" $l "b" $l }}{{ $x = toJson $l }}"#,
        r#"{{ $l = splitList "" (toString $l) }}"#,
        r#"{{ $l = append $l $l }}{{ $l = prepend $l $l }}{{ $x = print $l }}"#,
    ] {
        template(&each(body));
    }
    // A thing in itself.
    for text in [
        r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $d }}"#,
        r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ toJson $d }}"#,
        r#"{{ $d := dict }}{{ $_ := set $d "d" (list $d) }}{{ printf "%v" $d }}"#,
        r#"{{ $d := dict }}{{ $e := dict }}{{ $_ := set $d "d" $d }}{{ $_ := set $e "d" $e }}{{ deepEqual $d $e }}"#,
        r#"{{ $d := dict }}{{ $_ := set $d "d" $d }}{{ $e := deepCopy $d }}{{ merge $d $e }}"#,
    ] {
        template_ends(text);
    }
}

#[test]
fn nesting_without_bounds_ends() {
    for depth in [10_000, 200_000] {
        for (begin, middle, end) in [
            ("{{ if true }}", "", "{{ end }}"),
            ("{{ with 1 }}", "", "{{ end }}"),
            ("{{ range list 1 }}", "", "{{ end }}"),
            ("{{ if false }}{{ else if true }}", "", "{{ end }}"),
            ("{{ block \"a\" . }}", "", "{{ end }}"),
            ("{{ if true }}", "", ""),
        ] {
            template_ends(&format!("{}{middle}{}", begin.repeat(depth), end.repeat(depth)));
        }
        template_ends(&format!("{{{{ {}1{} }}}}", "(".repeat(depth), ")".repeat(depth)));
        template_ends(&format!("{{{{ {}true{} }}}}", "(not ".repeat(depth), ")".repeat(depth)));
        template_ends(&format!("{{{{ {}1{} }}}}", "(list ".repeat(depth), ")".repeat(depth)));
        template_ends(&format!("{{{{ 1{} }}}}", " | print".repeat(depth)));
        template_ends(&format!("{{{{ .Vars{} }}}}", ".a".repeat(depth)));
        template(&"{{ ".repeat(depth));
        template(&"{{".repeat(depth));
        template(&"{{ (".repeat(depth));
        template(&format!("{{{{ \"{} }}}}", "\\".repeat(depth)));
        template_ends(&format!("{{{{ $x := 1 }}}}{}", "{{ $x = list $x }}".repeat(depth)));
        template_ends(&format!("{{{{ $x := 1 }}}}{}x: {{{{ toJson $x }}}}", "{{ $x = list $x }}".repeat(depth)));
    }
}

#[test]
fn patterns_that_explode_end() {
    for text in [
        r#"{{ regexMatch "(((a{1000}){1000}){1000}){1000}" "a" }}"#,
        r#"{{ regexMatch (repeat 100000 "(a|b|c)*") "a" }}"#,
        r#"{{ regexMatch (repeat 2000 "\\pL{1000}") "a" }}"#,
        r#"{{ regexMatch (repeat 100000 "(") "a" }}"#,
        r#"{{ regexMatch (print (repeat 100000 "(") (repeat 100000 ")")) "a" }}"#,
        r#"{{ regexFindAll "" (repeat 10000000 "x") -1 }}"#,
        r#"{{ regexSplit "" (repeat 10000000 "x") -1 | len }}"#,
        r#"{{ range until 10000 }}{{ regexMatch "(x+x+)+y" (repeat 100000 "x") }}{{ end }}"#,
        r#"{{ range until 10000 }}{{ regexMatch (printf "\\pL{900}\\pN{900}%d" .) "x" }}{{ end }}"#,
        r#"{{ findStringSubmatch "(" "x" }}"#,
    ] {
        template_ends(&format!("x: {text}"));
    }
    // The same, where a spec has it.
    let lab = lab();
    let patterns =
        ["(((a{1000}){1000}){1000}){1000}", "(a*)*b", "(x+x+)+y", "[[:alpha:]]{1000}", "\\\\pL{1000}\\\\pN{1000}"];
    let list: String = patterns.map(|p| format!("\"/{p}/\", ")).concat();
    let entry = format!("  {{exec: \"head -c 200000 /dev/zero | tr '\\\\0' x\", exit-status: 0, stdout: [{list}]}}\n");
    lab.write("goss.yaml", format!("command:\n  run:\n  {entry}"));
    ends(&lab, "./goss validate");
}

#[test]
fn functions_that_read_or_reckon_end() {
    let lab = lab();
    lab.shell("mkfifo pipe; head -c 300000000 /dev/zero >large").ended(0);
    for text in [
        r#"{{ readFile "/dev/zero" }}"#,
        r#"{{ readFile "/dev/urandom" }}"#,
        r#"{{ readFile "pipe" }}"#,
        r#"{{ readFile "large" }}"#,
        r#"{{ readFile "/" }}"#,
        r#"{{ range until 100000 }}{{ readFile "large" }}{{ end }}"#,
    ] {
        lab.write("goss.yaml", format!("x: {text}"));
        refused(&lab, "./goss render");
    }
    for text in [
        r#"{{ range until 1000 }}{{ genPrivateKey "rsa" }}{{ end }}"#,
        r#"{{ range until 1000 }}{{ bcrypt "x" }}{{ end }}"#,
        r#"{{ range until 1000 }}{{ htpasswd "u" "p" }}{{ end }}"#,
        r#"{{ range until 1000 }}{{ derivePassword 1 "long" "p" "u" "s" }}{{ end }}"#,
        r#"{{ range until 1000 }}{{ genCA "x" 1 }}{{ end }}"#,
        r#"{{ range until 100 }}{{ repeat 1000000 "x" | sha256sum }}{{ end }}"#,
        r#"{{ sortAlpha (splitList "" (repeat 1000000 "xa")) | len }}"#,
        r#"{{ uniq (until 100000) | len }}"#,
        r#"{{ without (until 100000) (until 100000) | len }}"#,
        r#"{{ range until 100000 }}{{ has . (until 100000) }}{{ end }}"#,
        r#"{{ range until 1000 }}{{ getHostByName "nosuch.invalid" }}{{ end }}"#,
        r#"{{ round 1e308 2000000000 }}"#,
        r#"{{ date (repeat 1000000 "2006") now }}"#,
        r#"{{ semverCompare (repeat 100000 ">=1 || ") "1.0.0" }}"#,
        r#"{{ fromJson (repeat 1000000 "[") }}"#,
        r#"{{ wrap 1 (repeat 1000000 "x ") | len }}"#,
        r#"{{ abbrevboth 5 10 (repeat 1000000 "x") }}"#,
        r#"{{ substr -5 -1 "x" }}{{ trunc -9223372036854775808 "x" }}"#,
    ] {
        template_ends(&format!("x: {text}"));
    }
}

#[test]
fn includes_without_end_end() {
    let lab = lab();
    lab.write("goss.yaml", "gossfile:\n  goss.yaml: {}\n");
    refused(&lab, "./goss validate");
    lab.write("goss.yaml", "gossfile:\n  '*.yaml': {}\n");
    lab.write("b.yaml", "gossfile:\n  '*.yaml': {}\n");
    refused(&lab, "./goss validate");
    // Forty levels, each of which reads the next twice.
    for n in 0..40 {
        lab.write(&format!("{n}.yml"), format!("gossfile:\n  {0}.yml: {{}}\n  ./{0}.yml: {{}}\n", n + 1));
    }
    lab.write("40.yml", "command:\n  'true': {exit-status: 0}\n");
    ends(&lab, "./goss -g 0.yml validate");
    // One that is large, or never ends, or never begins, or is everywhere.
    lab.shell("mkfifo pipe.yaml.fifo; mkdir folder.yml").ended(0);
    for file in ["/dev/zero", "/dev/urandom", "pipe.yaml.fifo", "folder.yml", "/", "/proc/self/mem"] {
        lab.write("goss.yaml", format!("gossfile:\n  one:\n    file: {file}\n"));
        refused(&lab, "./goss validate");
    }
    for glob in [
        "/*/*/*/*/*/*/*/*.nosuch",
        "/proc/*/task/*/fd/*/*/*",
        &"*/".repeat(10_000),
        &"[".repeat(10_000),
        &"*a".repeat(10_000),
    ] {
        lab.write("goss.yaml", format!("gossfile:\n  \"{glob}\": {{}}\n"));
        refused(&lab, "./goss validate");
    }
}

#[test]
fn yaml_that_explodes_once_rendered_ends() {
    template("{{ range until 100000 }}[{{ end }}");
    template_ends("{{ range until 100000 }}{a: {{ end }}");
    template("x:\n{{ range $n := until 3000 }}{{ repeat $n \" \" }}a:\n{{ end }}");
    template_ends("{{ range until 100000 }}- {{ end }}");
    template_ends("{{ range until 1000000 }}? {{ end }}");
    template_ends("{{ repeat 1000000 \"x\" }}: {{ repeat 1000000 \"y\" }}");
    template_ends("{{ repeat 4000000 \"&\" }}");
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    let mut merges = String::from("b0: &b0 {k: v}\n");
    for n in 1..40 {
        writeln!(bomb, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 9].join(", ")).unwrap();
        writeln!(merges, "b{n}: &b{n} {{<<: [*b{0}, *b{0}, *b{0}], k{n}: *b{0}, j{n}: *b{0}}}", n - 1).unwrap();
    }
    template_ends(&bomb);
    template_ends(&merges);
    template(&format!("{bomb}command:\n  x: {{exit-status: 0, stdout: *a39}}\n"));
    template_ends(&format!("{merges}command:\n  x: {{exit-status: 0, meta: *b39}}\n"));
    // One that refers to itself.
    template("x: &x\n  y: *x\ncommand:\n  a: {exit-status: 0, meta: {m: &m [*m]}}\n");
}

#[test]
fn variables_without_bounds_end() {
    let lab = lab();
    lab.write("goss.yaml", "command:\n  'true': {exit-status: 0}\n");
    lab.shell("mkfifo pipe; (printf 'x: \"'; head -c 100000000 /dev/zero | tr '\\0' a; echo '\"') >large.yaml")
        .ended(0);
    for vars in ["/dev/zero", "/dev/urandom", "pipe", "large.yaml", "/", "/proc/self/mem"] {
        refused(&lab, &format!("./goss --vars {vars} validate"));
    }
    lab.write("deep.yaml", format!("a: {}", "[".repeat(100_000)));
    refused(&lab, "./goss --vars deep.yaml validate");
    lab.write("deep.json", format!("{{\"a\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000)));
    ends(&lab, "./goss --vars deep.json validate");
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..40 {
        writeln!(bomb, "a{n}: &a{n} [{}]", vec![format!("*a{}", n - 1); 9].join(", ")).unwrap();
    }
    lab.write("bomb.yaml", bomb);
    refused(&lab, "./goss --vars bomb.yaml validate");
    lab.write("wide.yaml", (0..300_000).map(|n| format!("k{n}: v\n")).collect::<String>());
    ends(&lab, "./goss --vars wide.yaml render");
}

#[test]
fn files_without_end_end() {
    let lab = lab();
    lab.shell("mkfifo pipe.yaml; mkdir folder.yaml; ln -s /dev/zero zero.yaml; ln -s loop.yaml loop.yaml; head -c 300000000 /dev/zero >large.yaml")
        .ended(0);
    for file in ["pipe.yaml", "folder.yaml", "zero.yaml", "loop.yaml", "large.yaml"] {
        refused(&lab, &format!("./goss -g {file} validate"));
        refused(&lab, &format!("./goss -g {file} render"));
    }
    for endless in
        ["cat /dev/zero", "yes 'a: 1'", "yes '['", "yes '{{ 1 }}'", "yes '{{ if true }}'", "cat /dev/urandom"]
    {
        refused(&lab, &format!("sh -c '{} | ./goss -g - validate'", endless.replace('\'', "'\\''")));
    }
}

#[test]
fn an_error_in_a_long_line_shows_little_of_it() {
    let long = "x".repeat(5_000_000);
    for text in [
        format!("{{{{ {long} }}}}"),
        format!("{{{{ \"{long}"),
        format!("{{{{ fail \"{long}\" }}}}"),
        format!("{{{{ .Vars.{long} }}}}"),
        format!("command:\n  {long}: {{nosuch: 1}}\n"),
        format!("command:\n  {long}:\n"),
        format!("command:\n  x: {{exit-status: 0, {long}: 1}}\n"),
        format!("command: {long}\n"),
        format!("command:\n  x: {{exit-status: 0, timeout: {long}}}\n"),
        format!("command: [{long}\n"),
    ] {
        template(&text);
    }
}

/// Nothing of what is written is one side's to wait for: the other may be gone.
#[test]
fn whoever_reads_the_report_may_leave() {
    let lab = lab();
    let entry = |n: usize| format!("  x{n}: {{exec: 'true', exit-status: 0}}\n");
    lab.write("goss.yaml", format!("command:\n{}", (0..300).map(entry).collect::<String>()));
    ends(&lab, "sh -c './goss validate -f documentation | head -n 1'");
    ends(&lab, "sh -c './goss render | head -n 1'");
    lab.shell("(./goss validate -f json >/dev/full; echo $? >ended) 2>/dev/null");
    wait_until("a full disk ends the run", || lab.has("ended"));
    assert_ne!(lab.read("ended").trim(), "0");
}
