#!/usr/bin/octave-cli -qf
1; % A third of the points each for the clean measurements, the law's curve, and a legend of both.

file = "/home/student/model.ofig";
if (! exist (file, "file"))
  disp ("✗ model.ofig?");
  exit (1);
end
try
  saved = load (file);
  figure = saved.(fieldnames (saved){1});
  parts = figure.children(strcmp ({figure.children.type}, "axes"));
catch
  disp ("✗ model.ofig: savefig?");
  exit (1);
end
measured = load ("/srv/measured/coffee.txt")(:, 1:2);
value = @(name) str2double (getenv (name));
measured = measured(measured(:, 1) != value ("PARAM_OUT"), :);
law = @(t) value ("PARAM_ROOM") + 64 * exp (-t / value ("PARAM_TAU"));
[points, curve, names] = deal (false);
for axes = parts(:)'
  for child = axes.children(:)'
    if (strcmp (child.type, "line"))
      x = child.properties.xdata(:);
      y = child.properties.ydata(:);
      if (numel (x) != numel (y) || numel (x) < 20)
        continue
      end
      far = max (abs (y - law (x)));
      if (isequal (size ([x, y]), size (measured)) && max (abs ([x, y] - measured)(:)) < 1e-6)
        points = true;
      elseif (far < 1.5 && max (x) - min (x) > 30 && ! all (ismember (y, measured(:, 2))))
        curve = true;
      end
    end
    names = names || (isfield (child.properties, "string") && iscell (child.properties.string) && numel (child.properties.string) >= 2);
  end
  names = names || (isfield (axes.properties, "string") && numel (axes.properties.string) >= 2);
end
marks = {"✗", "✓"};
printf ("%s %d × T(ok)\n", marks{points + 1}, rows (measured));
printf ("%s law / loi: room + (T0 - room) * exp(-t / tau)\n", marks{curve + 1});
printf ("%s legend\n", marks{names + 1});
share = (points + curve + names) / 3;
if (share < 1)
  printf ("score %.3f\n", share);
end
exit (share < 1);
