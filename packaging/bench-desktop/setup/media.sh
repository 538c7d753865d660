#!/usr/bin/perl
# Five photographs (smooth light with grain, as a camera gives it) and a document of forty pages.
use strict;
use warnings;

mkdir '/srv/bench' or die $!;
my $seed = 7;
for my $photo (1 .. 5) {
    open my $out, '>:raw', "/srv/bench/photo$photo.ppm" or die $!;
    print $out "P6 1000 700 255\n";
    for my $y (0 .. 699) {
        my $row = '';
        for my $x (0 .. 999) {
            $seed = ($seed * 1103515245 + 12345) & 0x7fffffff;
            my $grain = ($seed >> 16) % 9;
            $row .= pack 'C3', (($x * $photo >> 3) + $grain) & 255, (($y >> 2) + $photo * 30 + $grain) & 255,
                ((($x + $y) >> 3) + $grain) & 255;
        }
        print $out $row;
    }
}

my @objects = ('', '<</Type/Catalog/Pages 2 0 R>>', '', '<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>');
my @kids;
for my $page (1 .. 40) {
    my $text = "BT /F 11 Tf 14 TL 60 780 Td\n";
    for my $line (1 .. 50) {
        $text .= "(Page $page, line $line: a route is known by its prefix, and the longest one wins; $seed) Tj T*\n";
        $seed = ($seed * 1103515245 + 12345) & 0x7fffffff;
    }
    $text .= "ET\n";
    my $content = @objects;
    push @objects, '<</Length ' . length($text) . ">>stream\n${text}endstream";
    push @kids, @objects . ' 0 R';
    push @objects, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents $content 0 R/Resources<</Font<</F 3 0 R>>>>>>";
}
$objects[2] = '<</Type/Pages/Count ' . @kids . '/Kids[' . join(' ', @kids) . ']>>';
my ($pdf, @at) = ("%PDF-1.4\n");
for my $number (1 .. $#objects) {
    $at[$number] = length $pdf;
    $pdf .= "$number 0 obj\n$objects[$number]\nendobj\n";
}
my $table = length $pdf;
$pdf .= 'xref' . "\n0 " . @objects . "\n0000000000 65535 f \n";
$pdf .= sprintf "%010d 00000 n \n", $at[$_] for 1 .. $#objects;
$pdf .= 'trailer<</Size ' . @objects . "/Root 1 0 R>>\nstartxref\n$table\n%%EOF\n";
open my $out, '>:raw', '/srv/bench/pages.pdf' or die $!;
print $out $pdf;
close $out or die $!;
