#!/bin/sh
# Makes the learner's home from the parameters. Runs at every boot; what is there already is the learner's.
set -eu
home=/home/student
[ -e "$home/station" ] && exit 0
cd "$home"

# Step 1: four corners, and a note that `ls` alone does not show.
for corner in north south east west; do
    mkdir -p "station/$corner"
    for instrument in thermometer barometer "rain gauge"; do
        echo "$instrument, $corner corner. In order." > "station/$corner/$(echo "$instrument" | tr ' ' '-').txt"
    done
done
echo "The code word is $PARAM_WORD." > "station/$PARAM_CORNER/.note"

# Step 2: an inbox in disorder.
mkdir inbox
for day in 01 02 03 04 05 06 07; do
    echo "2026-03-$day;$PARAM_WORD;$((10 + ${day#0}))" > "inbox/2026-03-$day.csv"
done
for n in 1 2 3 4 5; do echo "~" > "inbox/upload-$n.tmp"; done
cat > inbox/letter.txt <<'LETTER'
Dear colleague,

the readings of the week are in this inbox, with some rubbish from the modem.
Please keep the readings and this letter.

The night watch
LETTER

# Step 3: a diary that everybody may read, a report that nobody can run.
echo "1 March. Fog. I talked to the barometer again." > diary.txt
chmod 644 diary.txt
cat > report.sh <<REPORT
#!/bin/sh
echo "Station $PARAM_WORD"
echo "Corners: \$(ls /home/student/station | wc -l)"
REPORT
chmod 644 report.sh

# Step 4: five days of readings, one every ten minutes. Of PARAM_FAULTS faulty ones the corner PARAM_WORST has
# two in five, the other three share the rest. 367 and 720 have no common factor: each fault hits another line.
awk -v faults="$PARAM_FAULTS" -v worst="$PARAM_WORST" -v seed="$PARAM_SEED" 'BEGIN {
    split("north south east west", corner, " ")
    for (i = 1; i <= 4; i++) if (corner[i] != worst) other[++others] = corner[i]
    most = int((faults * 2 + 4) / 5)
    for (k = 0; k < faults; k++) {
        line = (k * 367 + seed) % 720
        failed[line] = k < most ? worst : other[k % 3 + 1]
    }
    for (i = 0; i < 720; i++) {
        where = i in failed ? failed[i] : corner[(i * 7 + seed) % 4 + 1]
        state = i in failed ? "fault" : "ok"
        degrees = 20 + (i * 7919 + seed * 31) % 180
        printf "2026-03-%02d %02d:%02d %s %d.%d %s\n", int(i / 144) + 1, int(i % 144 / 6), i % 6 * 10,
            where, int(degrees / 10), degrees % 10, state
    }
}' > readings.log

chown -R student: "$home"
