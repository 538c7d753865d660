#!/usr/bin/octave-cli -qf
1; % A quarter of the points each for the measured curve, a label on either axis, and a title.

function text = text_of (axes, name)
  text = "";
  for child = axes.children(:)'
    if (strcmp (child.type, "text") && child.handle == axes.properties.(name))
      text = strtrim (strjoin (cellstr (child.properties.string), " "));
    end
  end
end

function found = look (axes, measured)
  curve = false;
  for line = axes.children(strcmp ({axes.children.type}, "line"))(:)'
    x = line.properties.xdata(:);
    y = line.properties.ydata(:);
    curve = curve || (isequal (size ([x, y]), size (measured)) && max (abs ([x, y] - measured)(:)) < 1e-6);
  end
  found = {curve, "plot(t, T)", ""};
  for name = {"xlabel", "ylabel", "title"}
    text = text_of (axes, name{1});
    there = ! isempty (text);
    found(end + 1, :) = {there, name{1}, text};
  end
end

file = "/home/student/coffee.ofig";
if (! exist (file, "file"))
  disp ("✗ coffee.ofig?");
  exit (1);
end
try
  saved = load (file);
  figure = saved.(fieldnames (saved){1});
  parts = figure.children(strcmp ({figure.children.type}, "axes"));
catch
  disp ("✗ coffee.ofig: savefig?");
  exit (1);
end
measured = load ("/srv/measured/coffee.txt")(:, 1:2);
best = {false, "plot(t, T)", ""};
for axes = parts(:)'
  found = look (axes, measured);
  if (sum ([found{:, 1}]) > sum ([best{:, 1}]) || rows (best) == 1)
    best = found;
  end
end
marks = {"✗", "✓"};
for part = best'
  printf ("%s %s  %s\n", marks{part{1} + 1}, part{2}, part{3});
end
share = sum ([best{:, 1}]) / 4;
if (share < 1)
  printf ("score %.2f\n", share);
end
exit (share < 1);
