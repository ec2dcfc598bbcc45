# SPDX-License-Identifier: GPL-2.0
#
# Take a file out of README.md: the code block that follows a line which has
# its name between backquotes.
#
#   awk -v name=clasp-server.c -f readme.awk README.md
BEGIN { mark = "`" name "`" }
inside && /^```/ { exit }
inside { print; next }
named && /^```/ { inside = 1; next }
/[^[:space:]]/ { named = index($0, mark) }
