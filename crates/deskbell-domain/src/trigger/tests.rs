use std::convert::Infallible;

use super::*;

/// Facts from a table.
#[derive(Default)]
struct Known {
    values: Vec<(Variable, Value)>,
    tags: Vec<&'static str>,
    fired: bool,
    left_page: bool,
    seconds: u32,
    asked: usize,
}

impl Facts for Known {
    type Error = Infallible;

    fn value(&mut self, variable: Variable) -> Result<Value, Infallible> {
        self.asked += 1;
        let known = self.values.iter().find(|(name, _)| *name == variable).map(|(_, value)| value.clone());
        Ok(known.unwrap_or(match variable.kind() {
            ValueKind::Text => Value::Text(String::new()),
            ValueKind::Number => Value::Number(0),
            ValueKind::Flag => Value::Flag(false),
        }))
    }

    fn has_tag(&mut self, tag: &str) -> Result<bool, Infallible> {
        Ok(self.tags.contains(&tag))
    }

    fn fired_before(&mut self) -> Result<bool, Infallible> {
        Ok(self.fired)
    }

    fn still_on_page(&mut self) -> Result<bool, Infallible> {
        Ok(!self.left_page)
    }

    fn seconds_since_event(&self) -> u32 {
        self.seconds
    }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn verdict(condition: &Condition, facts: &mut Known) -> Verdict {
    condition.judge(facts).unwrap_or_else(|never| match never {})
}

fn yes() -> Condition {
    Condition::All(Vec::new())
}

fn no() -> Condition {
    Condition::Any(Vec::new())
}

#[test]
fn tests_of_values() {
    let pattern = |source, case| Test::Matches(Pattern::new(source, case).unwrap());
    let url = "https://www.shop.test/cart";
    for (variable, test, value, holds) in [
        (Variable::PageUrl, Test::Equals(text(url)), text(url), true),
        (Variable::PageUrl, Test::Equals(text("www.shop.test/cart")), text(url), true),
        (Variable::PageUrl, Test::Equals(text("ftp://www.shop.test/cart")), text(url), false),
        (Variable::PageUrl, Test::Differs(text("www.shop.test/cart")), text(url), false),
        (Variable::Message, Test::Equals(text("a")), text("https://a"), false),
        (Variable::Message, Test::Equals(text("agent")), text("Agent"), false),
        (Variable::Message, Test::Contains("help".to_owned(), Case::Counts), text("Help me"), false),
        (Variable::Message, Test::Contains("ÄRGER".to_owned(), Case::Ignored), text("viel Ärger"), true),
        (Variable::Message, Test::Lacks("help".to_owned(), Case::Ignored), text("HELP"), false),
        (Variable::Message, Test::Lacks("help".to_owned(), Case::Counts), text("HELP"), true),
        (Variable::Message, pattern("h.lp", Case::Counts), text("help"), true),
        (Variable::Message, pattern("h.lp", Case::Counts), text("help me"), false),
        (Variable::Message, pattern("a|b", Case::Counts), text("ab"), false),
        (Variable::Message, pattern("a|b", Case::Counts), text("b"), true),
        (Variable::Message, pattern("H.LP", Case::Ignored), text("help"), true),
        (Variable::TimeOnSite, Test::Compares(Comparison::Less, 3), Value::Number(3), false),
        (Variable::TimeOnSite, Test::Compares(Comparison::LessOrEqual, 3), Value::Number(3), true),
        (Variable::TimeOnSite, Test::Compares(Comparison::Greater, 3), Value::Number(4), true),
        (Variable::TimeOnSite, Test::Compares(Comparison::GreaterOrEqual, 3), Value::Number(2), false),
        (Variable::Served, Test::Equals(Value::Flag(false)), Value::Flag(false), true),
        (Variable::Served, Test::Differs(Value::Flag(false)), Value::Flag(false), false),
    ] {
        assert_eq!(test.holds(variable, &value), holds, "{variable:?} {test:?} {value:?}");
    }
}

#[test]
fn expressions_are_bounded() {
    assert!(Pattern::new("(", Case::Counts).is_none());
    assert!(Pattern::new("a)|(b", Case::Counts).is_none(), "ours are not closed from inside");
    assert!(Pattern::new("(?:(?:a{1000}){1000}){1000}", Case::Counts).is_none());
    assert!(!Pattern::new("(a*)*b", Case::Counts).unwrap().fits(&"a".repeat(50_000)));
}

#[test]
fn parts_are_joined() {
    for (condition, expected) in [
        (yes(), Verdict::Holds),
        (no(), Verdict::Fails),
        (Condition::All(vec![yes(), no()]), Verdict::Fails),
        (Condition::Any(vec![no(), yes()]), Verdict::Holds),
        (Condition::Not(Box::new(no())), Verdict::Holds),
        (Condition::HasTag("vip".to_owned()), Verdict::Holds),
        (Condition::HasTag("other".to_owned()), Verdict::Fails),
        (Condition::FiredBefore, Verdict::Fails),
    ] {
        let mut facts = Known { tags: vec!["vip"], ..Known::default() };
        assert_eq!(verdict(&condition, &mut facts), expected, "{condition:?}");
    }
    let mut facts = Known::default();
    let unasked = Condition::Is(Variable::Message, Test::Equals(text("x")));
    verdict(&Condition::All(vec![no(), unasked]), &mut facts);
    assert_eq!(facts.asked, 0, "what cannot change the outcome is not looked up");
}

#[test]
fn delays_are_waited_for() {
    let (site, page) = (Condition::StillOnSite(60), Condition::StillOnPage(30));
    let both = Condition::All(vec![yes(), page.clone(), site.clone()]);
    for (condition, seconds, left_page, expected) in [
        (&site, 0, false, Verdict::Later(60)),
        (&site, 60, true, Verdict::Holds),
        (&page, 29, false, Verdict::Later(30)),
        (&page, 30, false, Verdict::Holds),
        (&page, 0, true, Verdict::Fails),
        (&both, 0, false, Verdict::Later(30)),
        (&both, 30, false, Verdict::Later(60)),
        (&both, 60, false, Verdict::Holds),
        (&both, 60, true, Verdict::Fails),
        (&Condition::Any(vec![site.clone(), page.clone()]), 0, false, Verdict::Later(30)),
        (&Condition::Any(vec![site.clone(), yes()]), 0, false, Verdict::Holds),
        (&Condition::Any(vec![site.clone(), no()]), 0, false, Verdict::Later(60)),
        (&Condition::Not(Box::new(site.clone())), 0, false, Verdict::Later(60)),
        (&Condition::Not(Box::new(site.clone())), 60, false, Verdict::Fails),
        (&Condition::All(vec![no(), site.clone()]), 0, false, Verdict::Fails),
    ] {
        let mut facts = Known { seconds, left_page, ..Known::default() };
        assert_eq!(verdict(condition, &mut facts), expected, "{condition:?} after {seconds}");
    }
    assert!(both.is_about_page());
    assert!(!Condition::All(vec![site]).is_about_page());
}
