//! The waker of a workflow, which tells its own wakes from those of others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Wake;
use std::thread::ThreadId;

type Alarm = Box<dyn Fn() + Send + Sync>;

/// Wakes a workflow within its turn; a wake from anywhere else means that the workflow awaits something that is not an
/// operation, and raises the alarm.
pub(crate) struct TurnWaker {
    /// The thread that takes a turn now.
    turn: Mutex<Option<ThreadId>>,
    woken: AtomicBool,
    /// Given up once raised, or when the workflow is gone.
    alarm: Mutex<Option<Alarm>>,
}

impl TurnWaker {
    pub(crate) fn new(alarm: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            turn: Mutex::new(None),
            woken: AtomicBool::new(false),
            alarm: Mutex::new(Some(Box::new(alarm))),
        })
    }

    pub(crate) fn begin_turn(&self) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = Some(std::thread::current().id());
    }

    pub(crate) fn end_turn(&self) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it was woken since the last call.
    pub(crate) fn take_woken(&self) -> bool {
        self.woken.swap(false, Ordering::AcqRel)
    }

    /// The workflow is gone: wakes mean nothing any more.
    pub(crate) fn silence(&self) {
        drop(self.alarm.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl Wake for TurnWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let turn = *self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if turn == Some(std::thread::current().id()) {
            self.woken.store(true, Ordering::Release);
        } else {
            let alarm = self.alarm.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(alarm) = alarm {
                alarm();
            }
        }
    }
}
