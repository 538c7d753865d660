#!/bin/sh
export DISPLAY=:0
cd /home/student && octave --no-gui -qf --eval '
  d = load("coffee.txt"); t = d(:, 1); T = d(:, 2); room = mean(d(:, 3));
  out = str2double(getenv("PARAM_OUT")); ok = t != out;
  p = polyfit(t(ok), log(T(ok) - room), 1);
  law = room + exp(p(2)) * exp(p(1) * t);
  f = figure("visible", "off"); plot(t(ok), T(ok), ".", t, law, "-"); legend("measured", "law");
  savefig(f, "model.ofig");
'
