//! A place in the list of chats, as it stands in a `next_url`.

use deskbell_app::AppError;
use deskbell_app::chat_records::Place;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Bytes of a cursor.
const CURSOR_BYTES_MAX: usize = 200;

/// Ready to stand in a query.
pub(super) fn write(place: &Place) -> String {
    let text = format!("{:x}-{}", place.began, place.id);
    utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()
}

/// Without one: before the newest.
pub(super) fn read(cursor: Option<&str>) -> Result<Place, AppError> {
    let Some(text) = cursor else { return Ok(Place::start()) };
    let place = text.split_once('-').and_then(|(began, id)| Some(Place { began: i64::from_str_radix(began, 16).ok()?, id: id.to_owned() }));
    let good = text.len() <= CURSOR_BYTES_MAX && !text.chars().any(char::is_control);
    place.filter(|_| good).ok_or_else(|| AppError::invalid("parameter cursor must be the one of a next_url"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let place = Place { began: 1_795_305_600_123_456, id: "2611.9339545.SJs7biGpcbveH".to_owned() };
        assert_eq!(write(&place), "660d2288f0240%2D2611%2E9339545%2ESJs7biGpcbveH");
        assert_eq!(read(Some("660d2288f0240-2611.9339545.SJs7biGpcbveH")).unwrap(), place);
        assert_eq!(read(None).unwrap(), Place::start());
        for wrong in ["x", "zz-1", "-", "660d\0-1", &format!("1-{}", "a".repeat(CURSOR_BYTES_MAX))] {
            assert!(read(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
