# A large roll that is loaded.

office-loading = Loading the roll
office-loading-lead = This page asks again by itself. You can leave it and come back: the loading goes on.
office-loading-label = Lines sent
office-loading-percent = { $percent }%
office-loading-begun = The file is being compared with the roll…
office-loading-text = Nothing is visible before all of it is loaded. It takes about a minute for 500,000 people.
office-loading-nothing = Nothing was loaded
office-loading-refused = The roll has changed since you checked the file. Choose it again to see what would be done.
office-loading-failed = The loading was interrupted. The roll is as it was: choose the file again.
