#include "services/kontorctl/commands.h"

namespace kontor::ctl {

absl::Span<const Command> Commands() {
  static const Command commands[] = {
      {"health", "[--wait 30s]", "is the fleet there and ready", RunHealth},
      {"import", "--mapping FILE DATA.csv", "bring a CSV file in; run again to go on after an interruption", RunImport},
      {"imports", "[--errors IMPORT]", "what was imported, what was refused and why", RunImports},
      {"wait", "[--timeout 60s]", "wait until every view has applied what was imported", RunWait},
      {"query",
       "METRIC[,…] [--by DIM,…] [--grain day] [--from DATE] [--to DATE] [--where DIM=VALUE] [--order NAME] "
       "[--limit N]",
       "figures: metrics × dimensions × filters", RunQuery},
      {"metrics", "", "every metric and dimension", RunMetrics},
      {"recommend",
       "[--customer ID] [--basket P,…] [--session P,…] [--placement for_you] [--country C] [--store S] [--bought "
       "exclude] "
       "[--max-price 9.50GBP] [--diversity 0.3] [--strategy session] [--objective margin=1] [--limit N]",
       "what to show, and why", RunRecommend},
      {"page", "--placements for_you,popular,… [as recommend]", "the lists of one page, without repeats", RunPage},
      {"absence", "PRODUCT [as recommend]", "why a product is not recommended", RunAbsence},
      {"rules", "[create ID FILE.json | delete ID | preview FILE.json | preview ID]",
       "business rules: list, put into force, take away, see what one would change", RunRules},
      {"placements", "[set PLACEMENT [--strategy auto] [--objective click=1,margin=0.5] | evaluate PLACEMENT]",
       "what placements are for, and which strategy does best there", RunPlacements},
      {"train", "[--force] [--network-seconds N] [--canary SHARE]", "learn a new recommendation model from the log",
       RunTrain},
      {"models", "", "recommendation models: which serves, which is the canary, what they score", RunModels},
      {"promote", "VERSION [--canary SHARE]", "put a model into service for everybody, or for a share of people",
       RunPromote},
      {"rollback", "", "end the canary; without one, back to the model that served before", RunRollback},
      {"outcomes", "[--by placement|source|model|strategy|tier] [--placement P] [--days N]",
       "how well recommendations do: clicks, purchases, variety, drift, alerts", RunOutcomes},
      {"search",
       "QUERY [--filter brand=A|B,price=10..50] [--facet F,…] [--facets N] [--sort price] [--group] [--effort lexical] "
       "[--verbatim] [--limit N] [--no-rescue] [--substitutes N] [--max-relevance-loss 0.05]",
       "what is found, and how the query was read", RunSearch},
      {"suggest", "TEXT [--limit N]", "completions of what was typed so far", RunSuggest},
      {"explain", "QUERY [--product P,…] [as search]", "what scores are made of, and why a product is missing",
       RunExplainSearch},
      {"curation", "[create rule|synonyms ID FILE.json | delete rule|synonyms ID]",
       "pins, hides, boosts, redirects, banners and synonyms of the search", RunCuration},
      {"rankers", "[train JUDGEMENTS.json | train --clicks | rollback]",
       "learned ranking of the search: which serves, learn a new one, go back", RunRankers},
      {"experiments", "[create ID FILE.json | delete ID]",
       "configurations of the search compared by what people do with their answers", RunExperiments},
      {"forecast",
       "[--product P | --category A/B | --brand B | --store S | --country C] [--grain day|week|month] [--horizon N] "
       "[--revenue] [--method M] [--price DAY=FACTOR,…] [--holidays GB]",
       "what will be sold, and how sure that is", RunForecast},
      {"forecasts",
       "[make [--until DAY] [--learn-seconds N] [--wait] | hierarchy --dimensions country,category [--crossed] "
       "[--depth N] [--method mint_shrink] [--temporal] [--compare] [as forecast]]",
       "runs over all series: list them, or make one; forecasts of groups that add up", RunForecasts},
      {"decompose", "[as forecast]", "trend, seasons and what is left of the past", RunDecompose},
      {"anomalies", "[as forecast] [--from DAY]", "steps that neither trend nor season explain", RunAnomalies},
      {"backtest", "[as forecast] [--method M,…] [--origins N]", "how far each method would have been off",
       RunBacktest},
      {"accuracy", "[--grain day|week]", "how good stored forecasts were", RunAccuracy},
      {"change", "[as forecast]", "why a forecast differs from the one before", RunChange},
      {"trends", "[--level product|category] [--direction up|down] [--weeks N] [--limit N]",
       "what sells more and more, or less and less", RunTrends},
      {"plan", "[--product P,…] [--lead DAYS] [--review DAYS] [--service 0.95] [--pack N] [--orders] [--limit N]",
       "what to order, when, and when stock runs out", RunPlan},
      {"simulate", "[--product P,…] [--runs N] [--seed N] [--backorders]", "what service levels cost", RunSimulate},
      {"events", "[--topic T] [--all] [--limit N]", "tail the event log", RunEvents},
      {"quality", "", "accepted and refused events by source", RunQuality},
      {"demo", "", "a tour of every answer on what is loaded", RunDemo},
      {"generate", "--out DIR [--seed N] [--customers N]", "write a small labelled shop as CSV files with mappings",
       RunGenerate},
  };
  return commands;
}

}  // namespace kontor::ctl
