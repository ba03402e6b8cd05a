//! The same rows read by hand: one connection, one prepared statement of plain SQL, every column looked at and nothing made of it.

use std::hint::black_box;

use deskbell_store::Location;
use postgres::NoTls;

use crate::Outcome;

/// A page by keyset, with what a list shows of customer, department and tags: the fastest of several spellings.
fn page_sql(rows: i64) -> String {
    format!(
        "SELECT c.id, c.code, c.public_code, c.department_id, c.status, c.channel, c.subject, c.preview, c.created_at, c.changed_at, \
           c.groups_in, c.groups_out, u.name, u.email, d.name, t.id \
         FROM (SELECT id, code, public_code, customer_id, department_id, status, channel, subject, preview, created_at, changed_at, \
                 groups_in, groups_out, tagged_id \
               FROM conversations WHERE merged_into IS NULL AND (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT {rows}) AS c \
         JOIN customers u ON u.id = c.customer_id JOIN departments d ON d.id = c.department_id \
         LEFT JOIN conversation_tags ct ON ct.conversation_id = c.tagged_id \
         LEFT JOIN tags t ON t.id = ct.tag_id AND t.removed_at IS NULL \
         ORDER BY c.created_at, c.id"
    )
}

const COLUMNS: usize = 16;

/// A cursor: creation and id of the last row.
pub(crate) type Place = (i64, i64);

pub(crate) trait Bare {
    /// Reads a page behind a row; returns its last row.
    fn page(&mut self, after: Place) -> Outcome<Option<Place>>;
}

/// Opens a connection that reads pages of so many rows.
pub(crate) fn open(location: &Location, rows: i64) -> Outcome<Box<dyn Bare>> {
    Ok(match location {
        Location::Sqlite(file) => {
            let connection = rusqlite::Connection::open(file)?;
            connection.execute_batch("PRAGMA mmap_size=2147418112; PRAGMA cache_size=-2048; PRAGMA query_only=ON")?;
            Box::new(Sqlite { connection, sql: page_sql(rows).replace('$', "?") })
        }
        Location::Postgres(url) => {
            let mut client = postgres::Client::connect(url, NoTls)?;
            let page = client.prepare(&page_sql(rows))?;
            Box::new(Postgres { client, page })
        }
    })
}

struct Sqlite {
    connection: rusqlite::Connection,
    sql: String,
}

impl Bare for Sqlite {
    fn page(&mut self, after: Place) -> Outcome<Option<Place>> {
        let mut last = None;
        let mut statement = self.connection.prepare_cached(&self.sql)?;
        let mut found = statement.query(after)?;
        while let Some(row) = found.next()? {
            for column in 0..COLUMNS {
                black_box(row.get_ref(column)?);
            }
            last = Some((row.get(8)?, row.get(0)?));
        }
        Ok(last)
    }
}

struct Postgres {
    client: postgres::Client,
    page: postgres::Statement,
}

impl Bare for Postgres {
    fn page(&mut self, after: Place) -> Outcome<Option<Place>> {
        let found = self.client.query(&self.page, &[&after.0, &after.1])?;
        for row in &found {
            let whole: (i64, &str, &str, i64, &str, &str, &str, &str) =
                (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5), row.get(6), row.get(7));
            let rest: (i64, i64, i64, i64, &str, Option<&str>, &str, Option<i64>) =
                (row.get(8), row.get(9), row.get(10), row.get(11), row.get(12), row.get(13), row.get(14), row.get(15));
            black_box((whole, rest));
        }
        Ok(found.last().map(|row| (row.get(8), row.get(0))))
    }
}
