#include "libs/domain/forecasting/decomposed.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"
#include "libs/domain/forecasting/mstl.h"

namespace kontor::forecasting {
namespace {

class DecomposedModel : public FittedModel {
 public:
  DecomposedModel(std::vector<int> seasons, const Decomposition& parts, std::unique_ptr<FittedModel> rest)
      : seasons_(std::move(seasons)), rest_(std::move(rest)), fitted_(rest_->fitted().begin(), rest_->fitted().end()) {
    for (size_t k = 0; k < seasons_.size(); ++k) {
      for (size_t i = 0; i < fitted_.size(); ++i) fitted_[i] += parts.seasonal[k][i];
      const size_t length = std::min<size_t>(seasons_[k], parts.seasonal[k].size());
      last_.emplace_back(parts.seasonal[k].end() - static_cast<ptrdiff_t>(length), parts.seasonal[k].end());
    }
  }

  Prediction Predict(int horizon) const override {
    Prediction prediction = rest_->Predict(horizon);
    for (const std::vector<double>& season : last_) {
      for (int h = 0; h < horizon; ++h) prediction.mean[h] += season[h % season.size()];
    }
    return prediction;
  }

  Values fitted() const override { return fitted_; }
  std::string Describe() const override {
    return absl::StrCat("MSTL[", absl::StrJoin(seasons_, ","), "] + ", rest_->Describe());
  }

 private:
  std::vector<int> seasons_;
  std::unique_ptr<FittedModel> rest_;
  std::vector<double> fitted_;
  std::vector<std::vector<double>> last_;
};

}  // namespace

Method DecomposedMethod(Method rest) {
  std::string name = absl::StrCat("mstl_", rest.name);
  auto fit = [rest = std::move(rest)](const Series& series) -> absl::StatusOr<std::unique_ptr<FittedModel>> {
    ASSIGN_OR_RETURN(const Decomposition parts, Mstl(series, {}));
    std::vector<double> adjusted(series.values.begin(), series.values.end());
    for (const std::vector<double>& season : parts.seasonal) {
      for (size_t i = 0; i < adjusted.size(); ++i) adjusted[i] -= season[i];
    }
    ASSIGN_OR_RETURN(std::unique_ptr<FittedModel> model, rest.fit({adjusted, {}}));
    return std::make_unique<DecomposedModel>(series.seasons, parts, std::move(model));
  };
  return {std::move(name), std::move(fit)};
}

}  // namespace kontor::forecasting
