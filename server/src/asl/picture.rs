//! In which form a graph is drawn.

use clap::ValueEnum;
use duramen_states::graph::Graph;

/// As what to draw a graph.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    Svg,
    Mermaid,
    #[default]
    Ascii,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Mermaid => "mermaid",
            Self::Ascii => "ascii",
        }
    }

    /// The picture, with a newline at its end.
    pub(super) fn draw(self, graph: &Graph) -> String {
        let mut picture = match self {
            Self::Svg => graph.to_svg(),
            Self::Mermaid => graph.to_mermaid(),
            Self::Ascii => graph.to_ascii(),
        };
        if !picture.ends_with('\n') {
            picture.push('\n');
        }
        picture
    }
}
