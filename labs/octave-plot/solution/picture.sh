#!/bin/sh
export DISPLAY=:0
cd /home/student && octave --no-gui -qf --eval '
  d = load("coffee.txt");
  f = figure("visible", "off"); plot(d(:, 1), d(:, 2));
  xlabel("Time (min)"); ylabel("Temperature (°C)"); title("A cup of coffee");
  print(f, "coffee.png", "-dpng", "-S800,600");
'
