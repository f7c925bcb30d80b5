#include "libs/domain/learn/bandit.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <utility>

namespace kontor::learn {
namespace {

constexpr size_t kMaxArms = 64, kMaxFeatures = 256;
constexpr int kMaxDraws = 1'000'000;

Eigen::Map<const Eigen::VectorXd> AsVector(absl::Span<const double> numbers) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size())};
}

bool InRange(const BanditOptions& options) {
  return options.arms >= 2 && options.arms <= kMaxArms && options.features >= 1 && options.features <= kMaxFeatures &&
         std::isfinite(options.ridge) && options.ridge > 0 && std::isfinite(options.explore) && options.explore >= 0 &&
         options.least_share >= 0 && options.least_share * static_cast<double>(options.arms) <= 1 &&
         options.decay > 0 && options.decay <= 1 && options.draws >= 1 && options.draws <= kMaxDraws;
}

}  // namespace

absl::StatusOr<LinearBandit> LinearBandit::Create(const BanditOptions& options) {
  if (!InRange(options)) return absl::InvalidArgumentError("an option of the bandit is out of range");
  LinearBandit out;
  out.options_ = options;
  const auto size = static_cast<Eigen::Index>(options.features);
  Arm blank{Eigen::MatrixXd::Identity(size, size) * options.ridge, Eigen::VectorXd::Zero(size)};
  Solve(blank);
  out.arms_.assign(options.arms, blank);
  return out;
}

bool LinearBandit::Solve(Arm& arm) {
  const Eigen::LLT<Eigen::MatrixXd> solver(arm.contexts);
  if (solver.info() != Eigen::Success) return false;
  arm.inverse = solver.solve(Eigen::MatrixXd::Identity(arm.contexts.rows(), arm.contexts.cols()));
  arm.weights = solver.solve(arm.rewards);
  return arm.contexts.allFinite() && arm.inverse.allFinite() && arm.weights.allFinite();
}

double LinearBandit::Expected(absl::Span<const double> context, size_t arm) const {
  return AsVector(context).dot(arms_[arm].weights);
}

double LinearBandit::Deviation(absl::Span<const double> context, size_t arm) const {
  return std::sqrt(std::max(0.0, AsVector(context).dot(arms_[arm].inverse * AsVector(context))));
}

std::vector<double> LinearBandit::Shares(absl::Span<const double> context, base::Random& random) const {
  std::vector<double> expected, deviations, shares(arms_.size(), 0);
  for (size_t arm = 0; arm < arms_.size(); ++arm) {
    expected.push_back(Expected(context, arm));
    deviations.push_back(options_.explore * Deviation(context, arm));
  }
  const bool thompson = options_.kind == BanditOptions::Kind::kThompson;
  const int draws = thompson ? options_.draws : 1;
  std::vector<double> values(arms_.size());
  for (int draw = 0; draw < draws; ++draw) {
    // The posterior of x'w is normal, so that one number stands for a draw of all weights.
    for (size_t arm = 0; arm < arms_.size(); ++arm) {
      values[arm] = expected[arm] + deviations[arm] * (thompson ? random.Normal() : 1);
    }
    shares[static_cast<size_t>(std::max_element(values.begin(), values.end()) - values.begin())] += 1.0 / draws;
  }
  return shares;
}

std::vector<double> LinearBandit::Probabilities(absl::Span<const double> context, base::Random& random) const {
  std::vector<double> out = Shares(context, random);
  const double rest = 1 - options_.least_share * static_cast<double>(out.size());
  for (double& share : out) share = options_.least_share + rest * share;
  return out;
}

BanditChoice LinearBandit::Choose(absl::Span<const double> context, base::Random& random) const {
  BanditChoice out;
  out.probabilities = Probabilities(context, random);
  double left = random.Uniform();
  for (size_t arm = 0; arm < out.probabilities.size(); ++arm) {
    if (out.probabilities[arm] <= 0) continue;
    out.arm = arm;  // the last possible one where rounding leaves a rest
    left -= out.probabilities[arm];
    if (left < 0) break;
  }
  out.propensity = out.probabilities[out.arm];
  return out;
}

absl::Status LinearBandit::Update(absl::Span<const double> context, size_t arm, double reward) {
  return Update(context, arm, reward, 1);
}

absl::Status LinearBandit::Update(absl::Span<const double> context, size_t arm, double rewards, double times) {
  const auto finite = [](double number) { return std::isfinite(number); };
  if (context.size() != options_.features || arm >= arms_.size() || !finite(rewards) || !finite(times) || times <= 0 ||
      !std::all_of(context.begin(), context.end(), finite)) {
    return absl::InvalidArgumentError("a reward's context, arm or value is out of range");
  }
  Arm learned = arms_[arm];
  const auto x = AsVector(context);
  learned.contexts = options_.decay * learned.contexts + times * x * x.transpose();
  learned.contexts.diagonal().array() +=
      (1 - options_.decay) * options_.ridge;  // what is forgotten returns to the start
  learned.rewards = options_.decay * learned.rewards + rewards * x;
  if (!Solve(learned)) return absl::InvalidArgumentError("a context is too large for numbers of this precision");
  arms_[arm] = std::move(learned);
  return absl::OkStatus();
}

void LinearBandit::Save(base::ByteWriter& out) const {
  out.Value(static_cast<uint8_t>(options_.kind));
  for (const uint64_t value : {options_.arms, options_.features}) out.Value<uint64_t>(value);
  for (const double value : {options_.ridge, options_.explore, options_.least_share, options_.decay}) out.Value(value);
  out.Value<int32_t>(options_.draws);
  for (const Arm& arm : arms_) {
    out.Array(std::vector<double>(arm.contexts.data(), arm.contexts.data() + arm.contexts.size()));
    out.Array(std::vector<double>(arm.rewards.data(), arm.rewards.data() + arm.rewards.size()));
  }
}

LinearBandit LinearBandit::Load(base::ByteReader& in) {
  BanditOptions options;
  const auto kind = in.Value<uint8_t>();
  in.Require(kind <= 1, "a bandit is of an unknown kind");
  options.kind = static_cast<BanditOptions::Kind>(kind);
  for (size_t* value : {&options.arms, &options.features}) *value = in.Value<uint64_t>();
  for (double* value : {&options.ridge, &options.explore, &options.least_share, &options.decay}) {
    *value = in.Value<double>();
  }
  options.draws = in.Value<int32_t>();
  in.Require(InRange(options), "an option of the bandit is out of range");
  if (!in.status().ok()) return LinearBandit();
  LinearBandit out;
  out.options_ = options;
  const auto size = static_cast<Eigen::Index>(options.features);
  for (size_t arm = 0; arm < options.arms; ++arm) {
    const std::vector<double> contexts = in.Array<double>(), rewards = in.Array<double>();
    in.Require(contexts.size() == options.features * options.features && rewards.size() == options.features,
               "an arm of the bandit has another size");
    if (!in.status().ok()) return LinearBandit();
    out.arms_.push_back({Eigen::Map<const Eigen::MatrixXd>(contexts.data(), size, size), AsVector(rewards)});
    in.Require(Solve(out.arms_.back()), "an arm of the bandit has no solution");
  }
  return in.status().ok() ? std::move(out) : LinearBandit();
}

}  // namespace kontor::learn
