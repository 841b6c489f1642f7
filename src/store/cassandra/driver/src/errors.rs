//! What went wrong, as one of three kinds, since a caller has three things it can do.

use std::ffi::c_char;

use scylla::errors::{
    BrokenConnectionError, ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError,
    ExecutionError, MetadataError, NewSessionError, PrepareError, RequestAttemptError,
};

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(i32)]
pub enum Kind {
    Transient = 1,
    BadInput = 2,
    Fatal = 3,
}

pub struct Failure {
    pub kind: Kind,
    pub what: String,
}

impl Failure {
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Failure { kind, what: what.into() }
    }
}

const WHAT_SIZE: usize = 1020;

/// `wfc_error` of driver.h.
#[repr(C)]
pub struct CError {
    kind: i32,
    what: [c_char; WHAT_SIZE],
}

impl CError {
    pub fn none() -> Self {
        CError { kind: 0, what: [0; WHAT_SIZE] }
    }

    pub fn of(failure: &Failure) -> Self {
        let mut error = CError::none();
        error.kind = failure.kind as i32;
        let mut end = failure.what.len().min(WHAT_SIZE - 1);
        while !failure.what.is_char_boundary(end) {
            end -= 1;
        }
        for (to, from) in error.what.iter_mut().zip(&failure.what.as_bytes()[..end]) {
            *to = *from as c_char;
        }
        error
    }
}

fn of_server(error: &DbError, text: &str) -> Kind {
    match error {
        // The tables of users and rights cannot be read at this moment, which says nothing of either.
        DbError::AuthenticationError | DbError::Unauthorized if text.contains("Unable to perform auth") => {
            Kind::Transient
        }
        DbError::SyntaxError
        | DbError::Invalid
        | DbError::AlreadyExists { .. }
        | DbError::FunctionFailure { .. } => Kind::BadInput,
        DbError::AuthenticationError | DbError::Unauthorized | DbError::ConfigError | DbError::ProtocolError => {
            Kind::Fatal
        }
        _ => Kind::Transient,
    }
}

fn of_attempt(error: &RequestAttemptError) -> Kind {
    match error {
        RequestAttemptError::DbError(error, text) => of_server(error, text),
        RequestAttemptError::SerializationError(_) | RequestAttemptError::CqlRequestSerialization(_) => Kind::BadInput,
        _ => Kind::Transient,
    }
}

fn of_connection(error: &ConnectionError) -> Kind {
    match error {
        ConnectionError::ConnectionSetupRequestError(setup) => match setup.get_error() {
            ConnectionSetupRequestErrorKind::DbError(error, text) => of_server(error, text),
            ConnectionSetupRequestErrorKind::MissingAuthentication => Kind::Fatal,
            ConnectionSetupRequestErrorKind::BrokenConnection(error) => of_broken(error),
            _ => Kind::Transient,
        },
        // Not a certificate of that CA: no waiting makes it one.
        ConnectionError::IoError(error) if error.to_string().contains("certificate verify failed") => Kind::Fatal,
        ConnectionError::BrokenConnection(error) => of_broken(error),
        _ => Kind::Transient,
    }
}

fn of_broken(error: &BrokenConnectionError) -> Kind {
    if error.to_string().contains("certificate verify failed") {
        Kind::Fatal
    } else {
        Kind::Transient
    }
}

fn of_pool(error: &ConnectionPoolError) -> Kind {
    match error {
        ConnectionPoolError::Broken { last_connection_error, .. } => of_connection(last_connection_error),
        _ => Kind::Transient,
    }
}

fn of_metadata(error: &MetadataError) -> Kind {
    match error {
        MetadataError::ConnectionPoolError(error) => of_pool(error),
        _ => Kind::Transient,
    }
}

fn of_prepare(error: &PrepareError) -> Kind {
    match error {
        PrepareError::ConnectionPoolError(error) => of_pool(error),
        PrepareError::AllAttemptsFailed { first_attempt } => of_attempt(first_attempt),
        _ => Kind::Transient,
    }
}

impl From<NewSessionError> for Failure {
    fn from(error: NewSessionError) -> Self {
        let kind = match &error {
            NewSessionError::EmptyKnownNodesList | NewSessionError::IllegalConfig(_) => Kind::BadInput,
            NewSessionError::MetadataError(error) => of_metadata(error),
            _ => Kind::Transient,
        };
        Failure::new(kind, error.to_string())
    }
}

impl From<PrepareError> for Failure {
    fn from(error: PrepareError) -> Self {
        Failure::new(of_prepare(&error), error.to_string())
    }
}

impl From<ExecutionError> for Failure {
    fn from(error: ExecutionError) -> Self {
        let kind = match &error {
            ExecutionError::BadQuery(_) => Kind::BadInput,
            ExecutionError::PrepareError(error) => of_prepare(error),
            ExecutionError::ConnectionPoolError(error) => of_pool(error),
            ExecutionError::LastAttemptError(error) => of_attempt(error),
            ExecutionError::MetadataError(error) => of_metadata(error),
            _ => Kind::Transient,
        };
        Failure::new(kind, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(error: DbError, text: &str) -> Kind {
        Failure::from(ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, text.into()))).kind
    }

    #[test]
    fn wrong_credentials_are_not_waited_for() {
        assert_eq!(kind(DbError::AuthenticationError, "Provided username me and/or password are incorrect"), Kind::Fatal);
        assert_eq!(kind(DbError::Unauthorized, "User me has no MODIFY permission on <table w.counts>"), Kind::Fatal);
    }

    #[test]
    fn rights_that_cannot_be_looked_up_are() {
        let text = "Unable to perform authorization of permissions: Unable to perform authorization of super-user permission: Cannot achieve consistency level LOCAL_ONE";
        assert_eq!(kind(DbError::Unauthorized, text), Kind::Transient);
        let text = "Unable to perform authentication: Operation timed out - received only 0 responses.";
        assert_eq!(kind(DbError::AuthenticationError, text), Kind::Transient);
    }
}
