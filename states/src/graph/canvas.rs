//! A sheet of characters to draw on.

/// A sheet that grows to the right and downwards as it is drawn on.
#[derive(Default)]
pub(super) struct Canvas {
    rows: Vec<Vec<char>>,
}

impl Canvas {
    pub(super) fn get(&self, x: i64, y: i64) -> char {
        let place = usize::try_from(x).ok().zip(usize::try_from(y).ok());
        place.and_then(|(x, y)| self.rows.get(y)?.get(x).copied()).unwrap_or(' ')
    }

    pub(super) fn put(&mut self, x: i64, y: i64, c: char) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if self.rows.len() <= y {
            self.rows.resize(y + 1, Vec::new());
        }
        let Some(row) = self.rows.get_mut(y) else { return };
        if row.len() <= x {
            row.resize(x + 1, ' ');
        }
        if let Some(cell) = row.get_mut(x) {
            *cell = c;
        }
    }

    pub(super) fn text(&mut self, x: i64, y: i64, text: &str) {
        for (x, c) in (x..).zip(text.chars()) {
            self.put(x, y, c);
        }
    }

    /// Clears a rectangle and draws its border with those characters: across, down, and at the corners.
    pub(super) fn frame(&mut self, (x, y): (i64, i64), (width, height): (i64, i64), [across, down, corner]: [char; 3]) {
        let (right, bottom) = (x + width - 1, y + height - 1);
        for row in y..=bottom {
            for column in x..=right {
                let c = match (column == x || column == right, row == y || row == bottom) {
                    (true, true) => corner,
                    (false, true) => across,
                    (true, false) => down,
                    (false, false) => ' ',
                };
                self.put(column, row, c);
            }
        }
    }

    /// A line down or across. It is a corner where its end meets another; where lines only cross, the one across passes
    /// beneath the one down.
    pub(super) fn line(&mut self, (x, y): (i64, i64), (to_x, to_y): (i64, i64)) {
        for row in y.min(to_y)..=y.max(to_y) {
            for column in x.min(to_x)..=x.max(to_x) {
                let c = if y == to_y { '-' } else { '|' };
                let is_end = [(x, y), (to_x, to_y)].contains(&(column, row));
                let c = match self.get(column, row) {
                    there if there == ' ' || there == c => c,
                    '-' | '|' if !is_end => '|',
                    _ => '+',
                };
                self.put(column, row, c);
            }
        }
    }

    /// The sheet as text, without empty lines before it and spaces at the ends of lines.
    pub(super) fn into_text(self) -> String {
        let lines = self.rows.into_iter().skip_while(|row| row.iter().all(|c| *c == ' ')).map(|row| {
            let line: String = row.into_iter().collect();
            format!("{}\n", line.trim_end())
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_turn_at_corners_and_pass_beneath_each_other_elsewhere() {
        let mut canvas = Canvas::default();
        canvas.line((2, 0), (2, 3));
        canvas.line((0, 1), (4, 1));
        canvas.line((4, 1), (4, 3));
        canvas.line((2, 3), (4, 3));
        assert_eq!(canvas.into_text(), "  |\n--|-+\n  | |\n  +-+\n");
    }
}
