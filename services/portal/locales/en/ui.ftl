# Words of the frame and of the components.

ui-skip = Skip to content
ui-menu = Menu
ui-navigation = Main navigation
ui-language = Language
ui-account-navigation = Account
ui-sign-in = Sign in
ui-sign-out = Sign out
ui-my-account = My account
ui-footer = About this site
ui-home-link = { $organization }, home
ui-error-title = Error: { $title }
ui-page-title = { $title } – { $organization }
ui-error-summary = There is a problem
ui-error-prefix = Error:
ui-optional = (optional)
ui-notice-info = Information:
ui-notice-success = Success:
ui-notice-warning = Warning:
ui-notice-error = Error:
ui-breadcrumbs = Breadcrumb
ui-pagination = Pages of results
ui-previous-page = Previous page
ui-next-page = Next page
ui-filter = Filter
ui-filter-active =
    { PLURAL($count) ->
        [one] { $count } active filter
       *[other] { $count } active filters
    }
ui-filter-apply = Apply
ui-filter-reset = Clear all
ui-phase-past = Finished
ui-phase-current = Under way
ui-phase-coming = Coming
ui-phase-now = What you can do now
ui-period-from-to = { $start } to { $end }
ui-period-from = From { $start }
ui-period-until = Until { $end }
ui-steps = Step { $step } of { $count }
ui-change = Change
ui-chart-numbers = Show the numbers
ui-tracking-code = QR code of the address { $url }
ui-map-open = Open the map
ui-map-failed = The map could not be opened. All that it shows can be read or entered without it, too.
ui-map-nearer = Zoom in
ui-map-farther = Zoom out
ui-map-tiles = Once open, the map’s background comes from { $host }, which sees the IP address of your device.
ui-map-none-chosen = No point chosen on the map.
ui-map-chosen = Point chosen on the map: { $position }
ui-map-centre = Choose the centre of the map
ui-map-clear = Remove the point
