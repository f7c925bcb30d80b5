#include "libs/domain/recommendations/outcome_model.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kOwnColumns = 3;  // score, price, place
constexpr float kLeastChance = 1e-6F;

float Chance(float log_odds) { return 1 / (1 + std::exp(-log_odds)); }

double Loss(float chance, bool happened) {
  const double p = std::clamp<double>(chance, kLeastChance, 1 - kLeastChance);
  return -std::log(happened ? p : 1 - p);
}

size_t RowsOf(const ShownRows& rows) { return rows.outcomes.size(); }

ShownRows Part(const ShownRows& rows, size_t begin, size_t end) {
  return {rows.columns, rows.values.subspan(begin * rows.columns, (end - begin) * rows.columns),
          rows.outcomes.subspan(begin, end - begin)};
}

double Rate(const ShownRows& rows, size_t outcome) {
  double sum = 0;
  for (const auto& row : rows.outcomes) sum += row[outcome] ? 1 : 0;
  return sum / static_cast<double>(RowsOf(rows));
}

float Of(const OutcomeChances& chances, size_t outcome) {
  return outcome == 0 ? chances.click : outcome == 1 ? chances.cart : chances.purchase;
}

}  // namespace

void AppendShown(const Ranker& ranker, const RankContext& context, const ShownItem& item, std::vector<float>& out) {
  thread_local std::vector<float> scaled;
  scaled.clear();
  for (size_t i = 0; i < item.row.size(); ++i) scaled.push_back(ranker.Scaled(i, item.row[i]));
  ranker.AppendTreeRow(item.bought, scaled, context, out);
  out.push_back(std::log(std::max(item.score, kLeastChance)));
  out.push_back(item.price_nanos > 0 ? std::log1p(static_cast<float>(item.price_nanos) * 1e-9F) : 0);
  out.push_back(std::log(static_cast<float>(std::max(1, item.place))));
}

int64_t PriceForOutcomes(const ItemFacts& facts, ItemId item, int64_t now_seconds) {
  for (const ItemPrice& price : facts.prices(item)) {
    if (now_seconds < price.valid_until_seconds) return price.price;
  }
  return 0;
}

size_t ShownColumns(const Ranker& ranker) { return ranker.tree_columns() + kOwnColumns; }

void OutcomeModel::Predict(absl::Span<const float> rows, std::vector<OutcomeChances>& out) const {
  const size_t count = rows.size() / columns_;
  out.resize(count);
  if (network_ != nullptr) {
    thread_local std::vector<float> predicted;
    predicted.assign(count * nn::kRankerTasks, 0);
    if (!network_->Predict(rows, absl::MakeSpan(predicted)).ok()) {
      ++failures_;
      out.clear();
      return;
    }
    for (size_t row = 0; row < count; ++row) {
      const float* chances = predicted.data() + row * nn::kRankerTasks;
      out[row] = {chances[0], chances[1], chances[2]};
    }
    return;
  }
  thread_local std::vector<float> log_odds;
  log_odds.resize(count);
  for (size_t outcome = 0; outcome < kOutcomes; ++outcome) {
    std::fill(log_odds.begin(), log_odds.end(), rates_[outcome]);
    if (!trees_[outcome].empty()) trees_[outcome].Predict(rows, absl::MakeSpan(log_odds));
    for (size_t row = 0; row < count; ++row) {
      (outcome == 0 ? out[row].click : outcome == 1 ? out[row].cart : out[row].purchase) = Chance(log_odds[row]);
    }
  }
}

void OutcomeModel::Save(base::ByteWriter& out) const {
  out.Value<uint64_t>(columns_);
  out.Value<uint8_t>(neural() ? 1 : 0);
  if (neural()) return out.String(network_->Save());
  for (size_t outcome = 0; outcome < kOutcomes; ++outcome) {
    out.Value(rates_[outcome]);
    trees_[outcome].Save(out);
  }
}

std::shared_ptr<const OutcomeModel> OutcomeModel::Load(base::ByteReader& in) {
  const std::shared_ptr<OutcomeModel> model(new OutcomeModel);
  model->columns_ = in.Value<uint64_t>();
  const auto neural = in.Value<uint8_t>();
  in.Require(neural <= 1 && model->columns_ > 0, "the outcomes are of an unknown kind");
  if (neural == 1) {
    absl::StatusOr<std::unique_ptr<const nn::MultiTaskRanker>> network = nn::LoadMultiTaskRanker(in.String());
    in.Require(network.ok() && (*network)->feature_count() == model->columns_, "the outcomes' network does not fit");
    if (in.status().ok()) model->network_ = *std::move(network);
    return model;
  }
  for (size_t outcome = 0; outcome < kOutcomes; ++outcome) {
    model->rates_[outcome] = in.Value<float>();
    model->trees_[outcome] = learn::BoostedTrees::Load(in);
    in.Require(std::isfinite(model->rates_[outcome]) &&
                   (model->trees_[outcome].empty() || model->trees_[outcome].columns() == model->columns_),
               "the outcomes' trees do not fit");
  }
  return model;
}

double OutcomeGain(const OutcomeModel& model, const ShownRows& rows) {
  std::vector<OutcomeChances> chances;
  model.Predict(rows.values, chances);
  if (chances.empty()) return 0;
  double sum = 0, outcomes = 0;
  for (size_t outcome = 0; outcome < kOutcomes; ++outcome) {
    const double rate = Rate(rows, outcome);
    if (rate <= 0 || rate >= 1) continue;
    double loss = 0, constant = 0;
    for (size_t row = 0; row < RowsOf(rows); ++row) {
      loss += Loss(Of(chances[row], outcome), rows.outcomes[row][outcome]);
      constant += Loss(static_cast<float>(rate), rows.outcomes[row][outcome]);
    }
    sum += 1 - loss / constant;
    ++outcomes;
  }
  return outcomes == 0 ? 0 : sum / outcomes;
}

class OutcomeTrainer {
 public:
  explicit OutcomeTrainer(const OutcomeOptions& options) : options_(options) {}

  absl::StatusOr<std::shared_ptr<const OutcomeModel>> Trees(const ShownRows& rows) const {
    std::shared_ptr<OutcomeModel> model(new OutcomeModel);
    model->columns_ = rows.columns;
    std::vector<float> labels(RowsOf(rows));
    for (size_t outcome = 0; outcome < kOutcomes; ++outcome) {
      if (options_.cancelled && options_.cancelled()) return absl::CancelledError("the training was cancelled");
      const auto count = static_cast<double>(RowsOf(rows));
      const double happened = Rate(rows, outcome) * count;
      model->rates_[outcome] = static_cast<float>(std::log((happened + 0.5) / (count - happened + 0.5)));
      if (happened < kLeastHappened || count - happened < kLeastHappened) continue;
      for (size_t row = 0; row < labels.size(); ++row) labels[row] = rows.outcomes[row][outcome] ? 1 : 0;
      learn::TreeOptions trees = options_.trees;
      trees.threads = options_.threads;
      trees.seed = options_.seed;
      ASSIGN_OR_RETURN(model->trees_[outcome],
                       learn::BoostedTrees::Train({rows.columns, rows.values, labels, {}}, trees));
    }
    return model;
  }

  absl::StatusOr<std::shared_ptr<const OutcomeModel>> Network(const ShownRows& rows, const ShownRows& held_out) const {
    const std::vector<float> labels = Labels(rows), held_out_labels = Labels(held_out);
    nn::TrainControl control;
    control.seed = options_.seed;
    control.threads = options_.threads;
    control.clock = options_.clock;
    control.max_seconds = options_.network_seconds;
    control.cancelled = options_.cancelled;
    const auto columns = static_cast<uint32_t>(rows.columns);
    std::shared_ptr<OutcomeModel> model(new OutcomeModel);
    model->columns_ = rows.columns;
    ASSIGN_OR_RETURN(model->network_, nn::TrainMultiTaskRanker({columns, rows.values, labels, {}},
                                                               {columns, held_out.values, held_out_labels, {}},
                                                               nn::MultiTaskRankerOptions(), control));
    return model;
  }

 private:
  static constexpr double kLeastHappened = 10;

  static std::vector<float> Labels(const ShownRows& rows) {
    std::vector<float> labels;
    for (const auto& row : rows.outcomes) {
      for (const bool happened : row) labels.push_back(happened ? 1 : 0);
      labels.push_back(std::nanf(""));  // margins come from the catalogue
    }
    return labels;
  }

  const OutcomeOptions& options_;
};

absl::StatusOr<OutcomeFit> FitOutcomes(const ShownRows& rows, const OutcomeOptions& options) {
  if (rows.columns == 0 || rows.values.size() != RowsOf(rows) * rows.columns) {
    return absl::InvalidArgumentError("shown rows and their outcomes do not fit together");
  }
  OutcomeFit fit;
  size_t happened = 0;
  for (const auto& row : rows.outcomes) happened += static_cast<size_t>(std::count(row.begin(), row.end(), true));
  if (RowsOf(rows) < options.min_rows || happened < options.min_outcomes) return fit;
  const auto first_held_out = static_cast<size_t>(static_cast<double>(RowsOf(rows)) * (1 - options.held_out));
  const ShownRows learned = Part(rows, 0, first_held_out), held_out = Part(rows, first_held_out, RowsOf(rows));
  const OutcomeTrainer trainer(options);
  ASSIGN_OR_RETURN(const std::shared_ptr<const OutcomeModel> trees, trainer.Trees(learned));
  fit.trees_gain = OutcomeGain(*trees, held_out);
  std::shared_ptr<const OutcomeModel> network;
  if (options.network_seconds > 0) {
    ASSIGN_OR_RETURN(network, trainer.Network(learned, held_out));
    fit.network_gain = OutcomeGain(*network, held_out);
  }
  if (std::max(fit.trees_gain, fit.network_gain) <= 0) return fit;
  if (fit.network_gain > fit.trees_gain) {
    fit.model = network;
    return fit;
  }
  ASSIGN_OR_RETURN(fit.model, trainer.Trees(rows));
  return fit;
}

}  // namespace kontor::recommendations
