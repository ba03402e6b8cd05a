//! The file that a call gives: in base64, as a part of the body, or by a URL.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use deskbell_app::files::{FILE_BYTES_MAX, NewFile};
use deskbell_app::{AppError, Desk};
use deskbell_http::Input;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

/// Bytes of a file of the largest size in base64, with line breaks. What is too large by less is refused when it is kept.
const DATA_BYTES_MAX: usize = FILE_BYTES_MAX / 2 * 3;

/// `data` first, then a part of a multipart body, then `downloadUrl`.
pub(super) async fn read(desk: &Desk, input: &Input) -> Result<NewFile, AppError> {
    let (name, kind) = (input.filled_opt("name").map(str::to_owned), input.filled_opt("type").map(str::to_owned));
    if let Some(data) = input.filled_opt("data") {
        let (name, declared_type) = (input.filled("name")?.to_owned(), input.filled("type")?.to_owned());
        return Ok(NewFile { name, declared_type, bytes: decode(data)?.into() });
    }
    if let Some(upload) = input.files().first() {
        return Ok(NewFile {
            name: name.unwrap_or_else(|| upload.file_name.clone()),
            declared_type: kind.unwrap_or_else(|| upload.content_type.clone()),
            bytes: upload.bytes.clone(),
        });
    }
    let url = input.filled_opt("downloadUrl").ok_or_else(|| AppError::missing("parameter data is missing"))?;
    let fetched = desk.fetch(url.to_owned(), FILE_BYTES_MAX).await?;
    Ok(NewFile {
        name: name.or(fetched.file_name).unwrap_or_default(),
        declared_type: kind.or(fetched.content_type).unwrap_or_default(),
        bytes: fetched.bytes,
    })
}

/// Decodes base64 of either alphabet, padded or not. A blank is a `+` that was not percent-encoded, unless it stands behind the padding;
/// breaks between lines are passed over.
fn decode(text: &str) -> Result<Vec<u8>, AppError> {
    if text.len() > DATA_BYTES_MAX {
        return Err(AppError::too_large(format!("a file has at most {FILE_BYTES_MAX} bytes")));
    }
    let end = text.trim_end();
    let plain: Vec<u8> = if end.ends_with('=') { end } else { text }
        .bytes()
        .filter_map(|byte| match byte {
            b'\r' | b'\n' | b'\t' => None,
            b' ' | b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            byte => Some(byte),
        })
        .collect();
    BASE64.decode(plain).map_err(|_| AppError::invalid("parameter data must be base64"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        let bytes = [0xfb, 0xff, 0xbf, 0x00, 0x3e];
        for text in ["+/+/AD4=", "-_-_AD4=", " / /AD4=", "+/+/AD4", "-_-_AD4", "+/+/\r\nAD4=\n", "\t+/+/AD4=", "+/+/AD4= \n"] {
            assert_eq!(decode(text).expect(text), bytes, "{text}");
        }
        assert_eq!(decode("AAA ").expect("reads"), [0, 0, 0x3e], "a blank at the end is a `+`, too");
        for text in ["a", "a===", "a*b=", "=aaa", "aa=a", "é"] {
            assert_eq!(decode(text).unwrap_err().public, "parameter data must be base64", "{text}");
        }
    }

    #[test]
    fn too_much() {
        assert_eq!(decode(&"A".repeat(DATA_BYTES_MAX + 1)).unwrap_err().kind, deskbell_app::Kind::TooLarge);
    }
}
