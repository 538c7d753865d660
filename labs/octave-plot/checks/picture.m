#!/usr/bin/octave-cli -qf
1; % Half of the points for a picture of the right size, all when something is drawn on it.

file = "/home/student/coffee.png";
if (! exist (file, "file"))
  disp ("✗ coffee.png?");
  exit (1);
end
try
  [picture, colours] = imread (file);
catch
  disp ("✗ coffee.png: -dpng?");
  exit (1);
end
if (! isempty (colours))
  picture = uint8 (255 * ind2rgb (picture, colours));
end
sized = columns (picture) == 800 && rows (picture) == 600;
% Axes and letters are grey; a curve has a colour.
picture = double (picture);
coloured = size (picture, 3) >= 3 && nnz (max (picture(:, :, 1:3), [], 3) - min (picture(:, :, 1:3), [], 3) > 60) > 150;
inked = nnz (mean (picture, 3) < 128) > 400;
marks = {"✗", "✓"};
printf ("%s %d × %d\n", marks{sized + 1}, columns (picture), rows (picture));
printf ("%s plot\n", marks{(coloured && inked) + 1});
share = sized / 2 + (coloured && inked) / 2;
if (share < 1)
  printf ("score %.1f\n", share);
end
exit (share < 1);
