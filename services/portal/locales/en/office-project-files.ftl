# Photos and documents of a project, in the office.

office-project-files-lead = This page holds the photos and documents that the page of the project and its reports show.
office-project-files-add-lead = The file is on the page of the project as soon as it is sent, if the process is published.
office-project-files-edit-lead = These are the words that the page of the project shows.
office-project-files-remove-gone = “{ $title }” disappears from the page of the project.
office-project-files-too-many = This project has as many photos and documents as it may have. Remove one first.
office-project-files-of = With the report of { $day }
office-project-files-report = Show it with a report
office-project-files-report-hint = A photo of the works goes with the report of that day.
office-project-files-report-none = None: with the project
