//! Paths that the gateway answers itself and that errors name.

/// The waiting room as JSON.
pub const WAITING_ROOM: &str = "/v1/waitingRoom";
/// The waiting room as server-sent events.
pub const WAITING_ROOM_WATCH: &str = "/v1/waitingRoom:watch";
/// The waiting room as a page.
pub const WAITING_ROOM_PAGE: &str = "/waiting-room";

/// The value of the `Link` header that leads a refused caller to the waiting room.
pub fn waiting_room_link() -> String {
    format!(
        "<{WAITING_ROOM}>; rel=\"related\"; type=\"application/json\", \
         <{WAITING_ROOM_PAGE}>; rel=\"related\"; type=\"text/html\""
    )
}
