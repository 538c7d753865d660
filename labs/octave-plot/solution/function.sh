#!/bin/sh
cat > /home/student/waiting.m <<'END'
function t = waiting(T, T0, room, tau)
  t = -tau * log((T - room) ./ (T0 - room));
end
END
