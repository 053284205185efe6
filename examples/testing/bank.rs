//! The world outside: a bank that keeps accounts and payments.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use duramen::Failure;

/// A bank in memory. It outlives the processes of a test, as a real one does.
#[derive(Default)]
pub(crate) struct Bank {
    payments: Mutex<BTreeMap<String, u64>>,
    /// A bank that does not look at keys takes the money each time it is asked.
    careless: bool,
}

impl Bank {
    pub(crate) fn careless() -> Self {
        Self { careless: true, ..Self::default() }
    }

    /// What it was paid in all, in cents.
    pub(crate) fn paid(&self) -> u64 {
        self.payments.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    pub(crate) async fn open(self: Arc<Self>, _key: String) -> Result<u32, Failure> {
        Ok(7)
    }

    pub(crate) async fn close(self: Arc<Self>, _customer: String) -> Result<(), Failure> {
        Ok(())
    }

    /// Takes money, once for each key.
    pub(crate) async fn charge(self: Arc<Self>, key: String, cents: u64) -> Result<(), Failure> {
        let mut payments = self.payments.lock().unwrap_or_else(PoisonError::into_inner);
        let key = if self.careless { format!("{key}, payment {}", payments.len()) } else { key };
        payments.insert(key, cents);
        Ok(())
    }
}
