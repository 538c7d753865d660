#!/bin/sh
export DISPLAY=:0
cd /home/student && octave --no-gui -qf --eval '
  d = load("coffee.txt"); t = d(:, 1); T = d(:, 2);
  f = figure("visible", "off"); plot(t, T);
  xlabel("Time (min)"); ylabel("Temperature (°C)"); title("A cup of coffee");
  savefig(f, "coffee.ofig");
'
