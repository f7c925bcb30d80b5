#include "bench/off_policy_bench.h"

#include <algorithm>
#include <iostream>
#include <numeric>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/csv.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/learn/logistic.h"
#include "libs/domain/learn/off_policy.h"

namespace kontor::bench {
namespace {

constexpr uint32_t kItems = 34, kPositions = 3;

struct ClickLog {
  std::vector<uint32_t> items, positions;  // from 0
  std::vector<double> clicks, propensities;

  size_t size() const { return clicks.size(); }
  double mean() const { return std::accumulate(clicks.begin(), clicks.end(), 0.0) / static_cast<double>(size()); }
};

// The peers' figures (scikit-learn's click model, numpy's folds); IPS and SNIPS are exact arithmetic.
struct Peer {
  double ips, snips, dm, dr, effective_rows;
};
constexpr Peer kToThompson{0.005656266700835461, 0.005739864701951365, 0.005210328532365101, 0.005807253042724547,
                           2869.275271787956};
constexpr Peer kToRandom{0.003008626327256482, 0.003189423162277403, 0.005582016599339867, 0.0033193212423006583,
                         655.7098495873269};

absl::StatusOr<ClickLog> ReadLog(const std::string& path) {
  ASSIGN_OR_RETURN(base::CsvReader reader, base::CsvReader::Open(path));
  ClickLog out;
  reader.Next();  // its header
  while (reader.Next()) {
    uint32_t item = 0, position = 0;
    double click = 0, propensity = 0;
    const auto& fields = reader.fields();
    if (fields.size() < 6 || !absl::SimpleAtoi(fields[2], &item) || !absl::SimpleAtoi(fields[3], &position) ||
        !absl::SimpleAtod(fields[4], &click) || !absl::SimpleAtod(fields[5], &propensity) || item >= kItems ||
        position < 1 || position > kPositions) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", reader.line(), ": no row of the Open Bandit data"));
    }
    out.items.push_back(item);
    out.positions.push_back(position - 1);
    out.clicks.push_back(click);
    out.propensities.push_back(propensity);
  }
  if (out.size() == 0) return absl::InvalidArgumentError(absl::StrCat(path, " has no rows"));
  return out;
}

// By position and item.
using Policy = std::vector<std::vector<double>>;

Policy Shares(const ClickLog& log) {
  Policy out(kPositions, std::vector<double>(kItems, 0));
  std::vector<double> rows(kPositions, 0);
  for (size_t i = 0; i < log.size(); ++i) {
    ++out[log.positions[i]][log.items[i]];
    ++rows[log.positions[i]];
  }
  for (size_t position = 0; position < kPositions; ++position) {
    for (double& share : out[position]) share /= rows[position];
  }
  return out;
}

// What the other half's click model expects of every row's item, and of a policy.
struct Expected {
  std::vector<double> taken, policy;
};

absl::StatusOr<Expected> CrossFit(const ClickLog& log, const Policy& policy) {
  base::Random random(7);
  std::vector<bool> half(log.size());
  for (size_t i = 0; i < log.size(); ++i) half[i] = random.Chance(0.5);
  Expected out{std::vector<double>(log.size()), std::vector<double>(log.size())};
  for (const bool fold : {false, true}) {
    std::vector<uint64_t> offsets = {0};
    std::vector<uint32_t> columns;
    std::vector<uint8_t> labels;
    for (size_t i = 0; i < log.size(); ++i) {
      if (half[i] == fold) continue;
      columns.insert(columns.end(), {log.items[i], kItems + log.positions[i]});
      offsets.push_back(columns.size());
      labels.push_back(log.clicks[i] > 0);
    }
    ASSIGN_OR_RETURN(const auto model,
                     learn::LogisticRegression::Train({kItems + kPositions, offsets, columns, labels}, 1));
    const auto click = [&](uint32_t item, uint32_t position) {
      return model.Probability(std::vector<uint32_t>{item, kItems + position});
    };
    for (size_t i = 0; i < log.size(); ++i) {
      if (half[i] != fold) continue;
      out.taken[i] = click(log.items[i], log.positions[i]);
      for (uint32_t item = 0; item < kItems; ++item) {
        out.policy[i] += policy[log.positions[i]][item] * click(item, log.positions[i]);
      }
    }
  }
  return out;
}

class OffPolicyBench {
 public:
  explicit OffPolicyBench(std::vector<Figure>& figures) : figures_(figures) {}

  absl::Status Judge(const std::string& name, const ClickLog& log, const Policy& policy, double truth,
                     const Peer& peer) {
    std::vector<double> target;
    for (size_t i = 0; i < log.size(); ++i) target.push_back(policy[log.positions[i]][log.items[i]]);
    ASSIGN_OR_RETURN(const Expected model, CrossFit(log, policy));
    ASSIGN_OR_RETURN(const learn::OffPolicyResult result,
                     learn::EstimateValue({log.clicks, log.propensities, target}, {model.taken, model.policy}, {}));
    Add("truth", name, truth, std::nullopt, "clicks a row, the policy's own mean");
    AddEstimate("ips", name, result.ips, peer.ips);
    AddEstimate("snips", name, result.snips, peer.snips);
    AddEstimate("dm", name, result.dm, peer.dm);
    AddEstimate("dr", name, result.dr, peer.dr);
    AddEstimate("sndr", name, result.sndr, std::nullopt);
    Add("effective_rows", name, result.effective_rows, peer.effective_rows, absl::StrCat("of ", log.size()));
    return absl::OkStatus();
  }

  // 1,000 rows of which two carry the weight.
  void JudgeTwoRows() {
    std::vector<double> rewards(1'000, 0), logged(1'000, 0.5), target(1'000, 1e-4);
    for (const size_t heavy : {3, 700}) {
      rewards[heavy] = target[heavy] = 1;
      logged[heavy] = 0.002;
    }
    const absl::Status status = learn::EstimateValue({rewards, logged, target}, {}, {}).status();
    const bool refused = base::ErrorReason(status) == "TOO_FEW_ROWS";
    figures_.push_back({"refused/two_effective_rows", refused ? 1.0 : 0.0, "logs", 1, std::string(status.message())});
    std::cout << "  " << status.message() << "\n";
  }

 private:
  void Add(const std::string& figure, const std::string& name, double value, std::optional<double> reference,
           const std::string& note) {
    figures_.push_back({absl::StrCat(figure, "/", name), value, "", reference, note});
  }

  void AddEstimate(const std::string& figure, const std::string& name, const learn::OffPolicyEstimate& estimate,
                   std::optional<double> peer) {
    Add(figure, name, estimate.value, peer, "reference: the peers' script");
    Add(figure + "_low", name, estimate.low, std::nullopt, "95%");
    Add(figure + "_high", name, estimate.high, std::nullopt, "95%");
    std::cout << absl::StrFormat("  %-20s %-5s %.15f  [%.5f, %.5f]\n", name, figure, estimate.value, estimate.low,
                                 estimate.high);
  }

  std::vector<Figure>& figures_;
};

}  // namespace

absl::Status RunOffPolicy(const std::string& folder, std::vector<Figure>& figures, std::vector<std::string>& files) {
  const std::string random_path = absl::StrCat(folder, "/random/men/men.csv");
  const std::string thompson_path = absl::StrCat(folder, "/bts/men/men.csv");
  ASSIGN_OR_RETURN(const ClickLog random, ReadLog(random_path));
  ASSIGN_OR_RETURN(const ClickLog thompson, ReadLog(thompson_path));
  files.insert(files.end(), {random_path, thompson_path});
  OffPolicyBench bench(figures);
  RETURN_IF_ERROR(bench.Judge("random_to_bts_share", random, Shares(thompson), thompson.mean(), kToThompson));
  const Policy uniform(kPositions, std::vector<double>(kItems, 1.0 / kItems));
  RETURN_IF_ERROR(bench.Judge("bts_to_random", thompson, uniform, random.mean(), kToRandom));
  bench.JudgeTwoRows();
  return absl::OkStatus();
}

}  // namespace kontor::bench
