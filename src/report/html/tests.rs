use super::*;
use crate::report::sample::{self, HOSTILE};
use crate::spec::{Claim, Common};
use crate::syntax::Sources;
use crate::value::Value;
use crate::verdict::{Outcome, Verdict};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let (_, rest) = text.split_once(from).unwrap();
    rest.split_once(to).unwrap().0
}

/// What stands in the page's body, without the script: it is XML, too.
fn body(page: &str) -> String {
    format!("<body{}</body>", between(page, "<body", "<script>"))
}

fn page_of(reporter: &mut Html, judged: &[Judged]) -> String {
    let (mut out, mut summary) = (vec![], sample::summary());
    for one in judged {
        reporter.entry(one, &mut out).unwrap();
        one.verdicts.iter().for_each(|v| summary.count(&v.outcome));
    }
    reporter.finish(&summary, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn classed<'d>(document: &'d Document, class: &str) -> Vec<Node<'d, 'd>> {
    let has = |n: &Node| n.attribute("class").is_some_and(|c| c.split(' ').any(|c| c == class));
    document.descendants().filter(has).collect()
}

fn said(node: Node) -> String {
    node.descendants().filter(Node::is_text).filter_map(|n| n.text()).collect()
}

/// One claim of every outcome, and text of a hostile host in all of it.
fn every_outcome(claims: &[Claim]) -> Vec<Judged<'_>> {
    let text = || Some(Value::Text(HOSTILE.into()));
    let outcomes = [
        (Outcome::Fail, text()),
        (Outcome::Fail, Some(Value::Unfit(HOSTILE.into()))),
        (sample::denied(HOSTILE), None),
        (Outcome::Skip(HOSTILE.into()), None),
        (Outcome::Pass, text()),
    ];
    let judged = |(outcome, found): (Outcome, Option<Value>)| Judged {
        verdicts: vec![Verdict { found, ..sample::verdict(&claims[0], 0, outcome, None) }],
        claim: &claims[0],
        elapsed: std::time::Duration::from_secs(2),
    };
    outcomes.into_iter().map(judged).collect()
}

#[test]
fn the_policy_names_the_style_and_the_script_of_the_page_and_nothing_else() {
    let (sources, claims) = sample::hostile();
    let page = sample::report("html", &sources, &sample::judged(&claims), false);
    assert_eq!((page.matches("<style").count(), page.matches("<script").count()), (1, 1));
    for (tag, directive) in [("style", "style-src"), ("script", "script-src")] {
        let text = between(&page, &format!("<{tag}>"), &format!("</{tag}>"));
        let hash = STANDARD.encode(Sha256::digest(text));
        let want = format!("; {directive} 'sha256-{hash}'; ");
        assert!(policy().contains(&want), "{want} {}", policy());
        let meta = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\">");
        assert!(meta.contains(&want) && !meta.contains("frame-ancestors"), "{want} {meta}");
    }
    assert!(policy().starts_with("default-src 'none'; ") && policy().ends_with("; frame-ancestors 'none'"));
    for outside in ["http://", "https://", "//cdn", "url(", "@import", "src="] {
        let own = [policy::STYLE, policy::SCRIPT].concat();
        assert!(!own.contains(outside), "{outside}");
    }
}

#[test]
fn a_hostile_host_adds_no_markup() {
    let tags = [
        "article", "b", "bdi", "body", "button", "dd", "del", "div", "dl", "dt", "form", "h1", "h2", "h3", "header",
        "input", "ins", "label", "li", "main", "option", "p", "pre", "section", "select", "small", "span", "time",
        "ul",
    ];
    let attributes = [
        "aria-label",
        "autocomplete",
        "checked",
        "class",
        "data-count",
        "data-kind",
        "data-live",
        "data-n",
        "data-name",
        "data-script",
        "data-tags",
        "data-total",
        "datetime",
        "hidden",
        "id",
        "maxlength",
        "name",
        "placeholder",
        "role",
        "type",
        "value",
    ];
    let (sources, mut claims) = sample::hostile();
    let common = Common { tags: vec![HOSTILE.into()], ..*claims[0].common.take().unwrap() };
    claims[0].common = Some(Box::new(common));
    let notices = [HOSTILE.to_owned()];
    let context = Context { host: HOSTILE, ..sample::context(&sources, false) };
    let served = Served { notices: &notices, live: true, ..Served::default() };
    let page = page_of(&mut Html::of_server(&context, served), &every_outcome(&claims));
    let text = body(&page);
    let document = Document::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let elements: Vec<Node> = document.descendants().filter(Node::is_element).collect();
    let strange: BTreeSet<&str> =
        elements.iter().map(|n| n.tag_name().name()).filter(|name| !tags.contains(name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    let strange: BTreeSet<&str> = elements
        .iter()
        .flat_map(|n| n.attributes())
        .map(|a| a.name())
        .filter(|name| !attributes.contains(name))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(document.descendants().all(|n| !n.is_comment() && !n.is_pi()));
    let shown = "\\u{1b}[2J]]></failure>&\\u{0}";
    for class in ["notice", "kind", "key", "found", "at", "tag", "about"] {
        let all = classed(&document, class);
        assert!(!all.is_empty(), "{class}");
        let whole = |n: &Node| class == "kind" || said(*n).contains(shown) || said(*n).contains("mode");
        assert!(all.iter().all(whole), "{class}: {:?}", said(all[0]));
    }
    let head = between(&page, "<title>", "</title>");
    assert!(head.contains("]]&gt;&lt;/failure&gt;"), "{head}");
}

#[test]
fn what_needs_somebody_stands_on_top_and_every_result_is_there() {
    let (sources, mut claims) = sample::plain();
    claims.iter_mut().skip(1).for_each(|c| c.common = None);
    let mut judged = sample::judged(&claims);
    judged.reverse();
    let text = body(&sample::report("html", &sources, &judged, false));
    let document = Document::parse(&text).unwrap();
    let counted: Vec<[usize; 4]> = document
        .descendants()
        .filter_map(|n| n.attribute("data-n"))
        .map(|n| n.split(' ').map(|n| n.parse().unwrap()).collect::<Vec<_>>().try_into().unwrap())
        .collect();
    assert_eq!(counted, [[1, 0, 1, 0], [1, 0, 0, 1], [2, 0, 1, 0], [0, 3, 0, 0]], "{text}");
    let filters: Vec<_> = document.descendants().filter_map(|n| n.attribute("data-count")).collect();
    assert_eq!(filters, ["4", "3", "2", "1"]);
    let headings: Vec<String> = document.descendants().filter(|n| n.has_tag_name("h2")).map(said).collect();
    assert_eq!(headings, ["Failed 3 entries", "Unknown 1 entry"]);
    let reasons: Vec<String> =
        classed(&document, "unknown").into_iter().filter(|n| n.has_tag_name("div")).map(said).collect();
    assert_eq!(reasons, ["unknown exists, mode, owner host.toml:10:7reason/etc/shadow: permission denied"]);
    assert!(text.contains("<b>Accounts</b> · team: ops"), "{text}");
    assert!(
        text.contains(
            "<dt>expected</dt><dd>&quot;0644&quot;</dd><dt>found</dt><dd class=\"found\">&quot;seen&quot;</dd>"
        )
    );
    assert!(text.contains("if it should not be there, write `exists = false`"), "{text}");
}

#[test]
fn the_verdict_is_never_better_than_the_results() {
    let run = |pass, fail, unknown, skip| Summary { pass, fail, unknown, skip, ..sample::summary() };
    for (summary, class, sentence) in [
        (run(3, 0, 0, 0), "pass", "3 of 3 results passed."),
        (run(1, 0, 0, 0), "pass", "1 of 1 result passed."),
        (run(2, 0, 0, 1), "pass", "2 of 3 results passed, 1 is skipped."),
        (run(2, 0, 2, 2), "unknown", "2 of 6 results could not be observed, 2 are skipped. None failed."),
        (run(9, 1, 2, 0), "fail", "1 of 12 results failed, 2 are unknown."),
        (run(0, 0, 0, 2), "skip", "2 of 2 results skipped."),
        (run(0, 0, 0, 0), "skip", "There are no results."),
    ] {
        assert_eq!((worst(&summary), told(&summary).as_str()), (class, sentence));
        let page = page(&summary);
        assert!(
            page.contains(&format!("<p class=\"verdict {class}\"><b>{}</b> <span>{sentence}<", headline(class))),
            "{page}"
        );
    }
}

fn page(summary: &Summary) -> String {
    let (sources, mut out) = (Sources::default(), vec![]);
    Html::new(&sample::context(&sources, false)).finish(summary, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_page_has_a_bound_and_says_what_it_leaves_out() {
    let (sources, claims) = sample::hostile();
    let all: Vec<Judged> = (0..20_000).flat_map(|_| every_outcome(&claims)).collect();
    let page = sample::report("html", &sources, &all, false);
    assert!(page.len() < (8 << 20), "{}", page.len());
    let text = body(&page);
    let document = Document::parse(&text).unwrap();
    let filters: Vec<_> = document.descendants().filter_map(|n| n.attribute("data-count")).collect();
    assert_eq!(filters, ["40000", "20000", "20000", "20000"]);
    let shown = document.descendants().filter(|n| n.attribute("data-n").is_some()).count();
    let left: usize = classed(&document, "left")
        .into_iter()
        .map(|n| said(n).split(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    assert_eq!(shown + left, 100_000);
    let (sources, claims) = sample::plain();
    let calm: Vec<Judged> = (0..10_000)
        .map(|_| Judged {
            verdicts: vec![sample::verdict(&claims[0], 0, Outcome::Pass, None)],
            ..every_outcome(&claims).remove(0)
        })
        .collect();
    let page = sample::report("html", &sources, &calm, false);
    assert!(!body(&page).contains("left out"), "ten thousand that pass are all there");
}

#[test]
fn a_page_of_a_server_listens_and_a_file_does_not() {
    let (sources, _) = sample::plain();
    let context = sample::context(&sources, false);
    let history = [sample::summary(), sample::summary()];
    let served = Served { history: &history, notices: &[], live: true };
    let page = page_of(&mut Html::of_server(&context, served), &[]);
    assert!(
        page.contains("<body data-live=\"0\">") && page.contains("id=\"live\"") && page.contains("The last 2 runs")
    );
    assert!(page_of(&mut Html::new(&context), &[]).contains("<body>"));
}

#[test]
fn results_that_it_was_not_handed_are_said_to_be_missing() {
    let (sources, claims) = sample::plain();
    let context = sample::context(&sources, false);
    let all = Summary { pass: 9, skip: 1, ..sample::summary() };
    for (handed, said) in
        [(0, Some("10 results are counted and not shown.")), (9, Some("1 result is counted")), (10, None)]
    {
        let (mut reporter, mut out) = (Html::new(&context), vec![]);
        let verdicts = (0..handed).map(|_| sample::verdict(&claims[0], 0, Outcome::Pass, None)).collect();
        let judged = Judged { claim: &claims[0], verdicts, elapsed: std::time::Duration::ZERO };
        reporter.entry(&judged, &mut out).unwrap();
        reporter.finish(&all, &mut out).unwrap();
        let text = body(&String::from_utf8(out).unwrap());
        assert_eq!(text.contains("class=\"left\""), said.is_some(), "{text}");
        assert!(said.is_none_or(|said| text.contains(said)), "{text}");
    }
}
