//! The one-pass projection of JSON text. It trusts that stored text is JSON: it finds the end of each value and copies or skips it.

use deskbell_app::AppError;

use super::Projection;

/// How deep arrays and objects may nest on the way of a projection. Deeper text below a value that is copied or skipped is no trouble.
const DEPTH_MAX: usize = 128;

/// Appends what the projection keeps of a JSON text. On an error (the text is not JSON) nothing is appended.
pub fn project(projection: &Projection, json: &str, out: &mut Vec<u8>) -> Result<(), AppError> {
    if *projection == Projection::All {
        out.extend_from_slice(json.as_bytes());
        return Ok(());
    }
    let start = out.len();
    let mut scan = Scan { text: json.as_bytes(), at: 0, out };
    let done = scan.value(projection, DEPTH_MAX).and_then(|()| {
        scan.blanks();
        if scan.at == scan.text.len() { Some(()) } else { None }
    });
    let at = scan.at;
    done.ok_or_else(|| {
        out.truncate(start);
        AppError::internal(format!("stored JSON is broken at byte {at}"))
    })
}

struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    out: &'a mut Vec<u8>,
}

/// Every step answers `None` when the text is not JSON.
impl Scan<'_> {
    fn value(&mut self, projection: &Projection, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        self.blanks();
        match (projection, self.peek()?) {
            (Projection::Only(members), b'{') => self.object(members, depth),
            (Projection::Only(_), b'[') => self.array(projection, depth),
            _ => {
                let start = self.at;
                self.skip()?;
                self.out.extend_from_slice(&self.text[start..self.at]);
                Some(())
            }
        }
    }

    fn object(&mut self, members: &[(String, Projection)], depth: usize) -> Option<()> {
        self.at += 1;
        self.out.push(b'{');
        let mut first = true;
        self.blanks();
        if self.take(b'}') {
            self.out.push(b'}');
            return Some(());
        }
        loop {
            self.blanks();
            let start = self.at;
            if self.peek()? != b'"' {
                return None;
            }
            self.string()?;
            let key = start..self.at;
            self.blanks();
            if !self.take(b':') {
                return None;
            }
            match selected(members, &self.text[key.clone()]) {
                Some(inner) => {
                    if !first {
                        self.out.push(b',');
                    }
                    first = false;
                    self.out.extend_from_slice(&self.text[key]);
                    self.out.push(b':');
                    self.value(inner, depth)?;
                }
                None => {
                    self.blanks();
                    self.skip()?;
                }
            }
            self.blanks();
            if self.take(b'}') {
                self.out.push(b'}');
                return Some(());
            }
            if !self.take(b',') {
                return None;
            }
        }
    }

    fn array(&mut self, projection: &Projection, depth: usize) -> Option<()> {
        self.at += 1;
        self.out.push(b'[');
        self.blanks();
        if self.take(b']') {
            self.out.push(b']');
            return Some(());
        }
        loop {
            self.value(projection, depth)?;
            self.blanks();
            if self.take(b']') {
                self.out.push(b']');
                return Some(());
            }
            if !self.take(b',') {
                return None;
            }
            self.out.push(b',');
        }
    }

    /// Passes over one value, which begins here.
    fn skip(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(),
            b'{' | b'[' => self.nested(),
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.iter().position(|byte| !is_scalar(*byte)).unwrap_or(rest.len());
                self.at += length;
                (length > 0).then_some(())
            }
        }
    }

    /// Passes over an array or object by counting brackets outside strings.
    fn nested(&mut self) -> Option<()> {
        let mut open = 0usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(());
            }
        }
    }

    /// Passes over a string, which begins here.
    fn string(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..)?;
            self.at += quote_or_escape(rest)?;
            if self.text[self.at] == b'"' {
                self.at += 1;
                return Some(());
            }
            self.at += 2;
        }
    }

    fn blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let taken = self.peek() == Some(wanted);
        self.at += usize::from(taken);
        taken
    }
}

/// Where the first quote or backslash is; eight bytes at a time, since most strings of a document are short.
fn quote_or_escape(text: &[u8]) -> Option<usize> {
    let (chunks, rest) = text.as_chunks::<8>();
    for (place, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let hits = zeros(word ^ QUOTES) | zeros(word ^ ESCAPES);
        if hits != 0 {
            return Some(place * 8 + hits.trailing_zeros() as usize / 8);
        }
    }
    let place = rest.iter().position(|byte| *byte == b'"' || *byte == b'\\')?;
    Some(text.len() - rest.len() + place)
}

/// One in each byte.
const EACH: u64 = u64::from_le_bytes([1; 8]);
const QUOTES: u64 = u64::from_le_bytes([b'"'; 8]);
const ESCAPES: u64 = u64::from_le_bytes([b'\\'; 8]);

/// The highest bit of each zero byte; above the lowest one also of others.
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(EACH) & !word & (EACH << 7)
}

/// Numbers, `true`, `false`, `null`.
fn is_scalar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

/// What is kept of the member with this key, which stands in quotes as it is stored.
fn selected<'p>(members: &'p [(String, Projection)], quoted: &[u8]) -> Option<&'p Projection> {
    let raw = &quoted[1..quoted.len() - 1];
    if !raw.contains(&b'\\') {
        return members.iter().find(|(name, _)| name.as_bytes() == raw).map(|(_, inner)| inner);
    }
    let key: String = serde_json::from_slice(quoted).ok()?;
    members.iter().find(|(name, _)| *name == key).map(|(_, inner)| inner)
}
