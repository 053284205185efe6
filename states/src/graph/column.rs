//! Reading and writing lists by index, where an index out of bounds reads as nothing and writes nowhere.

pub(super) trait Column<T> {
    fn at(&self, index: usize) -> T;
}

pub(super) trait ColumnMut<T> {
    fn put(&mut self, index: usize, value: T);
}

impl<T: Copy + Default> Column<T> for [T] {
    fn at(&self, index: usize) -> T {
        self.get(index).copied().unwrap_or_default()
    }
}

// For the vector and not for the slice, so that what is written may be computed from what is there.
impl<T> ColumnMut<T> for Vec<T> {
    fn put(&mut self, index: usize, value: T) {
        if let Some(slot) = self.get_mut(index) {
            *slot = value;
        }
    }
}
