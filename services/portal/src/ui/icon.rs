use maud::{Markup, html};

/// A sign beside words, never instead of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Icon {
    Arrow,
    Back,
    Calendar,
    Check,
    Cross,
    Filter,
    Info,
    Menu,
    Person,
    Pin,
    Warning,
}

impl Icon {
    const ALL: [Self; 11] = [
        Self::Arrow,
        Self::Back,
        Self::Calendar,
        Self::Check,
        Self::Cross,
        Self::Filter,
        Self::Info,
        Self::Menu,
        Self::Person,
        Self::Pin,
        Self::Warning,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter()
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Arrow => "M5 12h14M13 6l6 6-6 6",
            Self::Back => "M19 12H5M11 6l-6 6 6 6",
            Self::Calendar => "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4",
            Self::Check => "M5 12.5l4.5 4.5L19 7.5",
            Self::Cross => "M6 6l12 12M18 6L6 18",
            Self::Filter => "M4 7h16M7 12h10M10 17h4",
            Self::Info => "M12 11v6M12 7v.5",
            Self::Menu => "M4 7h16M4 12h16M4 17h16",
            Self::Person => "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20a7.5 7.5 0 0 1 15 0",
            Self::Pin => {
                "M12 21s7-6.2 7-11a7 7 0 0 0-14 0c0 4.800 7 11 7 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z"
            }
            Self::Warning => "M12 6v8M12 17v.5",
        }
    }

    /// Whether it points along the line, and so the other way in scripts from right to left.
    const fn points(self) -> bool {
        matches!(self, Self::Arrow | Self::Back)
    }
}

/// The sign, hidden from those who listen.
#[must_use]
pub fn icon(icon: Icon) -> Markup {
    html! {
        svg .icon.points[icon.points()] aria-hidden="true" focusable="false" viewBox="0 0 24 24" width="24" height="24"
            fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" {
            path d=(icon.path()) {}
        }
    }
}
