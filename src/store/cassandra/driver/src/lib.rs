//! The functions of driver.h. Each catches panics, for unwinding into C++ is undefined.

mod errors;
mod session;
mod values;

use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Duration;

use errors::{CError, Failure, Kind};
use session::{Open, Options, Statement};
use values::{Row, Text, Value};

/// `wfc_options` of driver.h.
#[repr(C)]
pub struct COptions {
    hosts: Text,
    local_dc: Text,
    username: Text,
    password: Text,
    tls_ca: Text,
    consistency: Text,
    request_timeout_ms: i64,
    connect_timeout_ms: i64,
}

type Done = extern "C" fn(*mut c_void, *const CError);
type OnText = extern "C" fn(*mut c_void, Text);
type OnRow = extern "C" fn(*mut c_void, *const Value, usize);

fn guarded<T>(call: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
        Err(Failure::new(Kind::Fatal, "the Cassandra driver failed inside: please report it"))
    })
}

fn tell<T>(result: &Result<T, Failure>) -> CError {
    match result {
        Ok(_) => CError::none(),
        Err(failure) => CError::of(failure),
    }
}

fn millis(number: i64) -> Duration {
    Duration::from_millis(u64::try_from(number).unwrap_or(0))
}

/// What `values` points to, none when `count` is 0.
unsafe fn slice<'a>(values: *const Value, count: usize) -> &'a [Value] {
    if count == 0 {
        return &[];
    }
    unsafe { std::slice::from_raw_parts(values, count) }
}

/// # Safety
/// As driver.h says.
#[no_mangle]
pub unsafe extern "C" fn wfc_open(options: *const COptions, error: *mut CError) -> *mut Open {
    let result = guarded(|| {
        let options = unsafe { &*options };
        let text = |text: Text| unsafe { text.string() };
        Open::new(Options {
            hosts: text(options.hosts),
            local_dc: text(options.local_dc),
            username: text(options.username),
            password: text(options.password),
            tls_ca: text(options.tls_ca),
            consistency: text(options.consistency),
            request_timeout: millis(options.request_timeout_ms),
            connect_timeout: millis(options.connect_timeout_ms),
        })
    });
    unsafe { *error = tell(&result) };
    result.map_or(std::ptr::null_mut(), |open| Box::into_raw(Box::new(open)))
}

/// # Safety
/// As driver.h says.
#[no_mangle]
pub unsafe extern "C" fn wfc_close(session: *mut Open) {
    let _ = guarded(|| {
        unsafe { Box::from_raw(session) }.close();
        Ok(())
    });
}

/// # Safety
/// As driver.h says.
#[no_mangle]
pub unsafe extern "C" fn wfc_data_centres(session: *const Open, each: OnText, context: *mut c_void) {
    let _ = guarded(|| {
        unsafe { &*session }.data_centres(|name| each(context, Text::of(name.as_bytes())));
        Ok(())
    });
}

/// # Safety
/// As driver.h says.
#[no_mangle]
pub unsafe extern "C" fn wfc_run(session: *const Open, cql: Text, error: *mut CError) {
    let result = guarded(|| unsafe { &*session }.run(&unsafe { cql.string() }));
    unsafe { *error = tell(&result) };
}

/// # Safety
/// As driver.h says.
#[no_mangle]
pub unsafe extern "C" fn wfc_prepare(session: *mut Open, cql: Text, error: *mut CError) -> *const Statement {
    let result = guarded(|| unsafe { &*session }.prepare(&unsafe { cql.string() }));
    unsafe { *error = tell(&result) };
    result.unwrap_or(std::ptr::null())
}

struct Context(*mut c_void);
// Safety: driver.h promises C that the callback may come on any thread.
unsafe impl Send for Context {}

/// # Safety
/// As driver.h says.
#[no_mangle]
pub unsafe extern "C" fn wfc_write(
    session: *const Open,
    statement: *const Statement,
    values: *const Value,
    columns: usize,
    rows: usize,
    done: Done,
    context: *mut c_void,
) {
    let context = Context(context);
    let result = guarded(|| {
        let values = unsafe { slice(values, columns * rows) };
        Ok(values.chunks(columns.max(1)).map(|row| unsafe { Row::of(row) }).collect::<Vec<_>>())
    });
    let call = move |result: Result<(), Failure>| {
        let context = context;
        done(context.0, &tell(&result));
    };
    match result {
        Ok(rows) => unsafe { &*session }.write(unsafe { &*statement }, rows, call),
        Err(failure) => call(Err(failure)),
    }
}

/// # Safety
/// As driver.h says.
#[no_mangle]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn wfc_read(
    session: *const Open,
    statement: *const Statement,
    values: *const Value,
    columns: usize,
    page_rows: i32,
    row: OnRow,
    context: *mut c_void,
    error: *mut CError,
) {
    let result = guarded(|| {
        let bound = unsafe { Row::of(slice(values, columns)) };
        unsafe { &*session }.read(unsafe { &*statement }, bound, page_rows, |values| {
            row(context, values.as_ptr(), values.len());
        })
    });
    unsafe { *error = tell(&result) };
}
