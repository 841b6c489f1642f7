//! Values between C's structures and CQL's encoding.

use std::ffi::c_char;

use scylla::deserialize::row::ColumnIterator;
use scylla::frame::response::result::{ColumnType, NativeType};
use scylla::serialize::row::{RowSerializationContext, SerializeRow};
use scylla::serialize::writers::RowWriter;
use scylla::serialize::SerializationError;

use crate::errors::{Failure, Kind};

/// `wfc_text` of driver.h.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Text {
    pub data: *const c_char,
    pub size: usize,
}

impl Text {
    pub fn of(bytes: &[u8]) -> Self {
        Text { data: bytes.as_ptr().cast(), size: bytes.len() }
    }

    /// # Safety
    /// `data` must point to `size` bytes that live as long as the result is used.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.size == 0 {
            return &[];
        }
        unsafe { std::slice::from_raw_parts(self.data.cast(), self.size) }
    }

    /// # Safety
    /// As for `bytes`.
    pub unsafe fn string(self) -> String {
        String::from_utf8_lossy(unsafe { self.bytes() }).into_owned()
    }
}

const NULL: i32 = 0;
const BYTES: i32 = 1;
const TINYINT: i32 = 2;
const SMALLINT: i32 = 3;
const INT: i32 = 4;
const BIGINT: i32 = 5;
const BOOLEAN: i32 = 6;

/// `wfc_value` of driver.h.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Value {
    number: i64,
    bytes: Text,
    kind: i32,
}

/// One row's values, encoded. The driver checks their number; the server, their types.
pub struct Row {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Row {
    /// # Safety
    /// The texts among `values` must be alive.
    pub unsafe fn of(values: &[Value]) -> Self {
        let mut row = Row { bytes: Vec::with_capacity(64), ends: Vec::with_capacity(values.len()) };
        for value in values {
            match value.kind {
                TINYINT => row.bytes.extend((value.number as i8).to_be_bytes()),
                SMALLINT => row.bytes.extend((value.number as i16).to_be_bytes()),
                INT => row.bytes.extend((value.number as i32).to_be_bytes()),
                BIGINT => row.bytes.extend(value.number.to_be_bytes()),
                BOOLEAN => row.bytes.push((value.number != 0) as u8),
                _ => row.bytes.extend(unsafe { value.bytes.bytes() }),
            }
            row.ends.push(row.bytes.len());
        }
        row
    }
}

#[derive(Debug)]
struct WrongNumber(usize, usize);

impl std::fmt::Display for WrongNumber {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{} values for {} places in the statement", self.0, self.1)
    }
}

impl std::error::Error for WrongNumber {}

impl SerializeRow for Row {
    fn serialize(
        &self,
        context: &RowSerializationContext<'_>,
        writer: &mut RowWriter,
    ) -> Result<(), SerializationError> {
        if context.columns().len() != self.ends.len() {
            return Err(SerializationError::new(WrongNumber(self.ends.len(), context.columns().len())));
        }
        let mut begin = 0;
        for &end in &self.ends {
            writer
                .make_cell_writer()
                .set_value(&self.bytes[begin..end])
                .map_err(SerializationError::new)?;
            begin = end;
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// The values of a row that was read, which borrow from it.
pub fn decode(columns: ColumnIterator<'_, '_>, values: &mut Vec<Value>) -> Result<(), Failure> {
    values.clear();
    for column in columns {
        let column = column.map_err(|error| Failure::new(Kind::Fatal, error.to_string()))?;
        let Some(slice) = column.slice else {
            values.push(Value { number: 0, bytes: Text::of(&[]), kind: NULL });
            continue;
        };
        let bytes = slice.as_slice();
        let kind = match column.spec.typ() {
            ColumnType::Native(NativeType::TinyInt) => TINYINT,
            ColumnType::Native(NativeType::SmallInt) => SMALLINT,
            ColumnType::Native(NativeType::Int) => INT,
            ColumnType::Native(NativeType::BigInt) => BIGINT,
            ColumnType::Native(NativeType::Boolean) => BOOLEAN,
            _ => BYTES,
        };
        let number = if kind == BYTES { 0 } else { signed(bytes) };
        values.push(Value { number, bytes: Text::of(bytes), kind });
    }
    Ok(())
}

/// A big-endian number of one to eight bytes.
fn signed(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
    let start = if negative { -1 } else { 0 };
    bytes.iter().fold(start, |number: i64, byte| (number << 8) | i64::from(*byte))
}
