//! XPath 1.0 over XML: paths, predicates, comparisons and the core functions; no variables, no comments.

use crate::value::Value;
use roxmltree::{Document, ParsingOptions};

mod eval;
mod parse;

/// Nodes that a document may have.
const MAX_NODES: u32 = 2_000_000;

/// A path that has been found to read as one.
#[derive(Clone, Debug)]
pub struct XPath(parse::Expr);

/// What a path leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Text for one node, a list for several, a number or a truth for a function; nothing for no node.
    pub value: Option<Value>,
    /// As XML: elements with their tags, an attribute as an element of its name, one after the other.
    pub markup: String,
    /// Whether it is a set of nodes, rather than what a function made of them.
    pub nodes: bool,
}

/// What stands at `path` in the XML `text`. `None` if nothing does; an error if `text` is not XML or `path` no path.
pub fn xpath(text: &str, path: &str) -> Result<Option<Value>, String> {
    Ok(XPath::parse(path)?.find(text)?.value)
}

/// Says in a lower-case fragment what is wrong with an XPath.
pub fn check_xpath(path: &str) -> Result<(), String> {
    XPath::parse(path).map(drop)
}

impl XPath {
    pub fn parse(path: &str) -> Result<XPath, String> {
        parse::parse(path).map(XPath)
    }

    /// What it leads to in the XML `text`; an error if that is not XML.
    pub fn find(&self, text: &str) -> Result<Found, String> {
        let options = ParsingOptions { allow_dtd: true, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
        let text = text.trim_start_matches('\u{feff}');
        let document = Document::parse_with_options(text, options).map_err(|e| format!("it is not XML: {e}"))?;
        eval::find(&document, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DOC: &str = r#"<?xml version="1.0"?>
<!DOCTYPE order>
<order date="2019-02-01" xmlns:b="http://localhost/b">
  <address><b:name>Mary Adams</b:name><b:city>Old Town</b:city></address>
  <items>
    <book isbn="978-1"><title>Harry Potter</title><quantity>1</quantity><price>25</price></book>
    <book isbn="978-2"><title>Le seigneur des anneaux</title><quantity>1</quantity><price>18</price></book>
  </items>
</order>"#;

    fn at(path: &str) -> Option<Value> {
        xpath(DOC, path).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    fn text(t: &str) -> Option<Value> {
        Some(Value::Text(t.into()))
    }

    #[test]
    fn steps_and_predicates_lead_where_xpath_says() {
        assert_eq!(at("/order/@date"), text("2019-02-01"));
        assert_eq!(at("//book[1]/title"), text("Harry Potter"));
        assert_eq!(at("//book[last()]/@isbn"), text("978-2"));
        assert_eq!(at("//book[@isbn='978-2']/price/text()"), text("18"));
        assert_eq!(at("//book[title='Le seigneur des anneaux']/quantity"), text("1"));
        assert_eq!(at("//book[contains(title, \"anneaux\") and price < 20]/@isbn"), text("978-2"));
        assert_eq!(at("/order/items/*/title[starts-with(., 'Harry')]/../price"), text("25"));
        assert_eq!(at("//price"), Some(Value::List(vec![Value::Text("25".into()), Value::Text("18".into())])));
        assert_eq!(at("//book/title | //book/price").map(|v| v.to_string().matches("\"").count()), Some(8));
        assert_eq!(at("order/items/book[2]/preceding-sibling::book/@isbn"), text("978-1"));
        assert_eq!(at("//b:city"), text("Old Town"));
        assert_eq!(at("//*[local-name()='city']"), text("Old Town"));
        assert_eq!(at("//city"), None);
        assert_eq!(at("//dvd"), None);
        assert_eq!(at("//@isbn[. = '978-1']"), text("978-1"));
        assert_eq!(at("(//book)[2]/title"), text("Le seigneur des anneaux"));
        assert_eq!(at("//book[not(@isbn = '978-1')]/price"), text("18"));
    }

    #[test]
    fn functions_give_numbers_truths_and_text() {
        assert_eq!(at("count(//book)"), Some(Value::Int(2)));
        assert_eq!(at("sum(//price)"), Some(Value::Int(43)));
        assert_eq!(at("sum(//price) div 4"), Some(Value::Number(10.75)));
        assert_eq!(at("boolean(//book[title='Dune'])"), Some(Value::Bool(false)));
        assert_eq!(at("string-length(//title)"), Some(Value::Int(12)));
        assert_eq!(at("concat(string(//title), '-', count(//book) + 1)"), text("Harry Potter-3"));
        assert_eq!(at("normalize-space('  a   b ')"), text("a b"));
        assert_eq!(at("substring-after(//book[1]/@isbn, '-')"), text("1"));
        assert_eq!(at("substring('12345', 2, 3)"), text("234"));
        assert_eq!(at("translate('bar', 'abc', 'AB')"), text("BAr"));
        assert_eq!(at("//price > 20"), Some(Value::Bool(true)));
    }

    #[test]
    fn markup_is_what_goss_compares_with() {
        let markup = |path: &str| XPath::parse(path).unwrap().find(DOC).unwrap().markup;
        assert_eq!(markup("//book/title"), "<title>Harry Potter</title><title>Le seigneur des anneaux</title>");
        assert_eq!(markup("//book[1]/@isbn"), "<isbn>978-1</isbn>");
        assert_eq!(markup("//book[1]/price/text()"), "25");
        assert_eq!(markup("count(//book)"), "2");
    }

    #[test]
    fn paths_that_do_not_read_as_paths_are_refused() {
        for path in [
            "",
            "count(//book",
            "COUNT(//book)",
            "//",
            "//book[",
            "a b",
            "/a/",
            "@",
            "a[1",
            "$x",
            "foo::a",
            "'open",
            "a=",
            "contains('a')",
        ] {
            assert!(check_xpath(path).is_err(), "{path}");
        }
        assert!(check_xpath(&"(".repeat(100_000)).is_err());
        assert!(check_xpath(&"a/".repeat(100_000)).is_err());
        assert_eq!(check_xpath("/"), Ok(()));
    }

    #[test]
    fn what_is_not_xml_or_costs_too_much_is_an_error() {
        for text in ["", "plain", "<a>", "<a></b>", "<a>&nope;</a>"] {
            assert!(xpath(text, "//a").is_err(), "{text}");
        }
        let laughs = r#"<!DOCTYPE a [<!ENTITY b "0123456789"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
            <!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">
            <!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;"><!ENTITY g "&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;">]><a>&g;&g;&g;&g;</a>"#;
        assert!(xpath(laughs, "/a").is_err());
        let wide = format!("<a>{}</a>", "<b/>".repeat(20_000));
        assert!(xpath(&wide, "//*[count(//*) > 3]").unwrap_err().contains("costly"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_path_panics(path in r#"([a-z@*/.|()\[\]='":,<>+0-9 -]|//|book|title|count\(|not\(|last\(\)|text\(\)|substring\(|position\(\)| and | div |\.\.){0,12}"#) {
            let _ = xpath(DOC, &path);
        }
    }
}
