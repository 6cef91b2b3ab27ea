#!/bin/sh
# Lines and types of each service, so that the next person sees them move: sh bench/size.sh
cd "$(dirname "$0")/.." || exit 1
lines=0 types=0
for service in Clawdex.Gateway Clawdex.SessionService Clawdex.LlmService; do
    files=$(find "$service" -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*' -not -path '*/Migrations/*')
    l=$(cat $files | wc -l)
    t=$(cat $files | grep -cE '^ *(public |internal |private |protected |file )?(sealed |static |abstract |partial |readonly )*(class|record struct|record|struct|enum|interface|delegate [A-Za-z<>?]+) [A-Z]')
    echo "$service: $l lines, $t types"
    lines=$((lines + l)) types=$((types + t))
done
echo "together: $lines lines, $types types"
