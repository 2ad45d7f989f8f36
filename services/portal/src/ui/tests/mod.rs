pub(crate) mod check;
mod components;
