//! Settings that only `http` has: headers, a method, a proxy.

use crate::host::http::{Header, Proxy, check_header, check_method};
use crate::resource::{FromNode, Shape};
use crate::secret::is_secret_name;
use crate::syntax::{Code, Data, Diagnostic, Node, Span};
use crate::value::Secret;

/// Request headers, in the order written.
#[derive(Default)]
pub struct Headers(pub Vec<Header>);

impl FromNode for Headers {
    const SHAPE: Shape = Shape::Headers;

    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let wrong = |node: &Node, message: String| Diagnostic::new(Code::BadSetting, node.span, message);
        let expected = |node: &Node| {
            let message = format!("expected {}, found {}", Self::SHAPE.name(), node.describe());
            Diagnostic::new(Code::WrongType, node.span, message)
        };
        let header = |node: &Node, name: &str, value: &str| {
            check_header(name, value).map_err(|why| wrong(node, why))?;
            Ok(Header { name: name.to_owned(), value: Secret::new(value) })
        };
        match &node.data {
            Data::List(list) => {
                let item = |item: &Node| {
                    let text = item.text().ok_or_else(|| expected(item))?;
                    // What has no colon may be all secret.
                    let (name, value) =
                        text.split_once(':').ok_or_else(|| wrong(item, "it has no `:`: write `Name: value`".into()))?;
                    header(item, name, value.trim_matches([' ', '\t']))
                };
                list.iter().map(item).collect::<Result<_, _>>().map(Headers)
            }
            Data::Map(map) => {
                let entry = |(key, value): &(crate::syntax::Key, Node)| {
                    let text = value.scalar().ok_or_else(|| expected(value))?;
                    header(value, &key.text, text.trim_matches([' ', '\t']))
                };
                map.iter().map(entry).collect::<Result<_, _>>().map(Headers)
            }
            _ => Err(expected(node)),
        }
    }

    fn secrets(node: &Node) -> Vec<Span> {
        match &node.data {
            Data::List(list) => {
                // Without its colon a header may still be one, and a lone word may be a token.
                let name = |text: &str| text.split_once([':', ' ', '=']).map(|(name, _)| name.to_owned());
                let hidden =
                    |item: &&Node| item.text().is_some_and(|text| name(text).is_none_or(|name| is_secret_name(&name)));
                list.iter().filter(hidden).map(|item| item.span).collect()
            }
            Data::Map(map) => {
                map.iter().filter(|(key, _)| is_secret_name(&key.text)).map(|(_, value)| value.span).collect()
            }
            _ => vec![],
        }
    }
}

/// A request's method; `GET` where none is said.
pub struct Verb(pub String);

impl Default for Verb {
    fn default() -> Self {
        Verb("GET".into())
    }
}

impl FromNode for Verb {
    const SHAPE: Shape = Shape::Text;

    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        match String::from_node(node)? {
            empty if empty.is_empty() => Ok(Verb::default()),
            method => match check_method(&method) {
                Ok(()) => Ok(Verb(method)),
                Err(why) => Err(Diagnostic::new(Code::BadSetting, node.span, why)),
            },
        }
    }
}

/// The proxy that a spec says; none where it is empty.
#[derive(Default)]
pub struct Via(pub Option<Proxy>);

impl FromNode for Via {
    const SHAPE: Shape = Shape::Text;

    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        match String::from_node(node)? {
            empty if empty.is_empty() => Ok(Via(None)),
            text => match Proxy::parse(&text) {
                Ok(proxy) => Ok(Via(Some(proxy))),
                Err(why) => Err(Diagnostic::new(Code::BadSetting, node.span, why)),
            },
        }
    }

    fn secrets(node: &Node) -> Vec<Span> {
        node.text().filter(|text| text.contains('@')).map(|_| vec![node.span]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Key;

    fn span(start: usize) -> Span {
        Span { file: 0, start: start.try_into().unwrap(), end: start.try_into().unwrap() }
    }

    fn text(at: usize, text: &str) -> Node<'static> {
        Node { span: span(at), data: Data::Text(text.to_owned().into()) }
    }

    fn list(items: &[&str]) -> Node<'static> {
        let items = items.iter().enumerate().map(|(at, item)| text(at + 1, item)).collect();
        Node { span: span(0), data: Data::List(items) }
    }

    fn read(node: &Node) -> Result<Vec<(String, String)>, String> {
        let read = Headers::from_node(node).map_err(|e| e.message)?;
        Ok(read.0.into_iter().map(|h| (h.name, h.value.reveal().to_owned())).collect())
    }

    #[test]
    fn headers_are_a_list_as_in_goss_or_a_map() {
        let wanted = vec![("Host".to_owned(), "a:80".to_owned()), ("X".to_owned(), String::new())];
        assert_eq!(read(&list(&["Host: a:80", "X:"])), Ok(wanted));
        let map = vec![(Key { span: span(1), text: "X-Number".into() }, text(2, " 5 "))];
        let map = Node { span: span(0), data: Data::Map(map) };
        assert_eq!(read(&map), Ok(vec![("X-Number".into(), "5".into())]));
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_a_mistake_in_the_spec_and_its_value_is_not_repeated() {
        for (wrong, why) in [
            ("Authorization secret", "no `:`"),
            ("A B: secret", "cannot name a header"),
            (": secret", "cannot name a header"),
            ("X: a\r\nsecret: b", "a line break"),
            ("X: secret\u{1}", "a control character"),
            ("Authorization: secrét", "not ASCII"),
        ] {
            let said = read(&list(&[wrong])).expect_err(wrong);
            assert!(said.contains(why) && !said.contains("secr"), "{wrong}: {said}");
        }
        assert!(read(&text(0, "A: b")).is_err());
    }

    #[test]
    fn values_of_headers_that_could_let_somebody_in_are_secrets() {
        let spans = |node: &Node| Headers::secrets(node).into_iter().map(|s| s.start).collect::<Vec<_>>();
        assert_eq!(spans(&list(&["Accept: x", "Cookie: x", "Bearer x", "X-Request 1", "dXNlcjp4"])), [2, 3, 5]);
        let key = |name: &str| Key { span: span(1), text: name.to_owned().into() };
        let map = vec![(key("Accept"), text(4, "x")), (key("Cookie"), text(5, "x"))];
        assert_eq!(spans(&Node { span: span(0), data: Data::Map(map) }), [5]);
        assert!(Via::secrets(&text(0, "http://h:1")).is_empty());
        assert_eq!(Via::secrets(&text(0, "http://u:p@h:1")).len(), 1);
    }

    #[test]
    fn a_method_is_a_token() {
        let read = |method: &str| Verb::from_node(&text(0, method)).map(|m| m.0).map_err(|e| e.message);
        assert_eq!(read(""), Ok("GET".into()));
        assert_eq!(read("PROPFIND"), Ok("PROPFIND".into()));
        for wrong in ["G T", "GET\r\n", "CONNECT"] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
