//! Columns of reports: which there are, which are wanted, and how rows are written.

use deskbell_app::AppError;
use deskbell_domain::measure::Cell;
use deskbell_http::{Answer, Input};
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use super::figures::FigureColumn;

/// A column as tables name it: its wire key, and what it shows of a row.
pub(super) type ColumnOf<R> = (&'static str, fn(&R) -> String);

/// A column of rows of one kind.
pub(super) struct Column<R> {
    key: &'static str,
    shows: Box<dyn Fn(&R) -> String + Send>,
}

/// A row of sums: what they are of, and a cell.
pub(super) struct Counted<T> {
    pub(super) of: T,
    pub(super) cell: Cell,
}

/// The columns of a table.
pub(super) fn plain<R: 'static>(table: &[ColumnOf<R>]) -> Vec<Column<R>> {
    table.iter().map(|(key, shows)| Column { key, shows: Box::new(*shows) }).collect()
}

/// What rows of sums are of, then figures.
pub(super) fn counted<T: 'static>(head: &[ColumnOf<T>], figures: &[FigureColumn]) -> Vec<Column<Counted<T>>> {
    let head = head.iter().map(|(key, shows)| {
        let shows = *shows;
        Column { key, shows: Box::new(move |row: &Counted<T>| shows(&row.of)) as Box<dyn Fn(&Counted<T>) -> String + Send> }
    });
    let figures = figures.iter().map(|(key, figure)| {
        let figure = *figure;
        Column { key, shows: Box::new(move |row: &Counted<T>| figure.text(&row.cell)) as Box<dyn Fn(&Counted<T>) -> String + Send> }
    });
    head.chain(figures).collect()
}

/// Those that the parameter `columns` names, in the order of the table; all, unless it names any.
pub(super) fn wanted<R>(input: &Input, all: Vec<Column<R>>) -> Result<Vec<Column<R>>, AppError> {
    let names = input.list_opt("columns").unwrap_or_default();
    if names.is_empty() {
        return Ok(all);
    }
    if !names.iter().all(|name| all.iter().any(|column| column.key == *name)) {
        let known = all.iter().map(|column| column.key).collect::<Vec<_>>().join(", ");
        return Err(AppError::invalid(format!("parameter columns must name columns of this report: {known}")));
    }
    Ok(all.into_iter().filter(|column| names.contains(&column.key)).collect())
}

/// The list of a report.
pub(super) fn answer<R: Send + 'static>(list: &'static str, columns: Vec<Column<R>>, rows: Vec<R>) -> Answer {
    Answer::tree(Report { list, columns, rows })
}

struct Report<R> {
    list: &'static str,
    columns: Vec<Column<R>>,
    rows: Vec<R>,
}

impl<R> Serialize for Report<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tree = serializer.serialize_struct("Report", 1)?;
        tree.serialize_field(self.list, &Rows(self))?;
        tree.end()
    }
}

/// Rows are made texts one by one as they are written.
struct Rows<'a, R>(&'a Report<R>);

impl<R> Serialize for Rows<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.rows.iter().map(|row| Cells { columns: &self.0.columns, row }))
    }
}

struct Cells<'a, R> {
    columns: &'a [Column<R>],
    row: &'a R,
}

impl<R> Serialize for Cells<'_, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_map(Some(self.columns.len()))?;
        for column in self.columns {
            cells.serialize_entry(column.key, &(column.shows)(self.row))?;
        }
        cells.end()
    }
}
