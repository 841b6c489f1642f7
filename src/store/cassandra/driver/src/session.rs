//! A session and what it can do, in Rust's own terms.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::{Session, TlsContext};
use scylla::client::session_builder::SessionBuilder;
use scylla::client::PoolSize;
use scylla::deserialize::row::ColumnIterator;
use scylla::frame::types::Consistency;
use scylla::policies::load_balancing::DefaultPolicy;
use scylla::response::PagingState;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use tokio::runtime::{Builder, Runtime};

use crate::errors::{Failure, Kind};
use crate::values::{decode, Row, Value};

/// Two threads drive the sockets; the work is the server's.
const THREADS: usize = 2;
const CONNECTIONS_PER_HOST: usize = 2;

pub struct Options {
    pub hosts: String,
    pub local_dc: String,
    pub username: String,
    pub password: String,
    pub tls_ca: String,
    pub consistency: String,
    pub request_timeout: Duration,
    pub connect_timeout: Duration,
}

pub struct Open {
    // In this order: the session is dropped while its runtime still runs.
    session: Arc<Session>,
    runtime: Runtime,
    statements: Mutex<Vec<Box<Statement>>>,
    request_timeout: Duration,
}

pub struct Statement {
    prepared: PreparedStatement,
}

fn consistency(name: &str) -> Result<Consistency, Failure> {
    Ok(match name {
        "ONE" => Consistency::One,
        "TWO" => Consistency::Two,
        "THREE" => Consistency::Three,
        "QUORUM" => Consistency::Quorum,
        "ALL" => Consistency::All,
        "LOCAL_QUORUM" => Consistency::LocalQuorum,
        "EACH_QUORUM" => Consistency::EachQuorum,
        "LOCAL_ONE" => Consistency::LocalOne,
        _ => return Err(Failure::new(Kind::BadInput, format!("there is no consistency '{name}'"))),
    })
}

fn tls(ca: &str) -> Result<Option<TlsContext>, Failure> {
    if ca.is_empty() {
        return Ok(None);
    }
    let refuse = |error: openssl::error::ErrorStack| Failure::new(Kind::BadInput, format!("{ca}: {error}"));
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(refuse)?;
    builder.set_ca_file(ca).map_err(refuse)?;
    builder.set_verify(openssl::ssl::SslVerifyMode::PEER);
    Ok(Some(builder.build().into_context().into()))
}

impl Open {
    pub fn new(options: Options) -> Result<Self, Failure> {
        let mut policy = DefaultPolicy::builder().token_aware(true);
        if !options.local_dc.is_empty() {
            policy = policy.prefer_datacenter(options.local_dc.clone());
        }
        let profile = ExecutionProfile::builder()
            .consistency(consistency(&options.consistency)?)
            .request_timeout(Some(options.request_timeout))
            .load_balancing_policy(policy.build())
            .build();
        let mut builder = SessionBuilder::new()
            .known_nodes(options.hosts.split(',').map(str::trim).filter(|host| !host.is_empty()))
            .default_execution_profile_handle(profile.into_handle())
            .connection_timeout(options.connect_timeout)
            .pool_size(PoolSize::PerHost(CONNECTIONS_PER_HOST.try_into().expect("not zero")))
            .fetch_schema_metadata(false)
            .tls_context(tls(&options.tls_ca)?);
        if !options.username.is_empty() {
            builder = builder.user(options.username, options.password);
        }
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("wf-cassandra")
            .enable_all()
            .build()
            .map_err(|error| Failure::new(Kind::Transient, error.to_string()))?;
        let session = runtime.block_on(builder.build())?;
        Ok(Open {
            session: Arc::new(session),
            runtime,
            statements: Mutex::default(),
            request_timeout: options.request_timeout,
        })
    }

    /// Of every node that is known.
    pub fn data_centres(&self, mut each: impl FnMut(&str)) {
        let cluster = self.session.get_cluster_state();
        cluster.get_nodes_info().iter().filter_map(|node| node.datacenter.as_deref()).for_each(&mut each);
    }

    pub fn run(&self, cql: &str) -> Result<(), Failure> {
        self.runtime.block_on(self.session.query_unpaged(cql, ()))?;
        Ok(())
    }

    /// The statement lives as long as the session: there are a handful in all.
    pub fn prepare(&self, cql: &str) -> Result<*const Statement, Failure> {
        // The driver sets this no limit.
        let limit = self.request_timeout;
        let prepare = async { tokio::time::timeout(limit, self.session.prepare(cql)).await };
        let late = |_| Failure::new(Kind::Transient, format!("no answer in {} s to what is to be prepared", limit.as_secs()));
        let mut prepared = self.runtime.block_on(prepare).map_err(late)??;
        // Absolute values under timestamps of ours: done twice is done once.
        prepared.set_is_idempotent(true);
        let statement = Box::new(Statement { prepared });
        let address: *const Statement = &*statement;
        self.statements.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(statement);
        Ok(address)
    }

    pub fn write(&self, statement: &Statement, rows: Vec<Row>, done: impl FnOnce(Result<(), Failure>) + Send + 'static) {
        let session = self.session.clone();
        let prepared = statement.prepared.clone();
        let mut once = Once(Some(done));
        self.runtime.spawn(async move {
            let result = if rows.len() == 1 {
                session.execute_unpaged(&prepared, &rows[0]).await
            } else {
                let mut batch = Batch::new(BatchType::Unlogged);
                batch.set_is_idempotent(true);
                for _ in 0..rows.len() {
                    batch.append_statement(prepared.clone());
                }
                session.batch(&batch, &rows).await
            };
            once.call(result.map(|_| ()).map_err(Failure::from));
        });
    }

    pub fn read(
        &self,
        statement: &Statement,
        values: Row,
        page_rows: i32,
        mut row: impl FnMut(&[Value]),
    ) -> Result<(), Failure> {
        let mut prepared = statement.prepared.clone();
        prepared.set_page_size(page_rows.max(1));
        let mut state = PagingState::start();
        let mut decoded = Vec::new();
        loop {
            let page = self.session.execute_single_page(&prepared, &values, state);
            let (result, next) = self.runtime.block_on(page)?;
            let wrong = |text: String| Failure::new(Kind::Fatal, text);
            let result = result.into_rows_result().map_err(|error| wrong(error.to_string()))?;
            let rows = result.rows::<ColumnIterator>().map_err(|error| wrong(error.to_string()))?;
            for columns in rows {
                decode(columns.map_err(|error| wrong(error.to_string()))?, &mut decoded)?;
                row(&decoded);
            }
            match next.into_paging_control_flow() {
                std::ops::ControlFlow::Break(()) => return Ok(()),
                std::ops::ControlFlow::Continue(next) => state = next,
            }
        }
    }

    /// Ends what is under way; each of those writes is told so before this returns.
    pub fn close(self) {
        drop(self.session);
        drop(self.runtime);
    }
}

/// Calls back exactly once: also when the task is dropped with the runtime, or panics.
struct Once<F: FnOnce(Result<(), Failure>)>(Option<F>);

impl<F: FnOnce(Result<(), Failure>)> Once<F> {
    fn call(&mut self, result: Result<(), Failure>) {
        if let Some(done) = self.0.take() {
            done(result);
        }
    }
}

impl<F: FnOnce(Result<(), Failure>)> Drop for Once<F> {
    fn drop(&mut self) {
        self.call(Err(if std::thread::panicking() {
            Failure::new(Kind::Fatal, "the Cassandra driver failed inside: please report it")
        } else {
            Failure::new(Kind::Transient, "the session was closed")
        }));
    }
}
