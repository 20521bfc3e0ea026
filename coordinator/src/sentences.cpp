// One table for each kind. The English titles of problems are in api_problem.cpp, beside code and status;
// here are the Chinese ones, by the same codes. A test fails where one is missing.

#include "sentences.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "api_problem.hpp"

namespace settle {
namespace {

struct Title {
  std::string_view code, chinese;
};

constexpr std::array titles = {
    Title{"malformed_request", "这不是有效的 HTTP/1.1 请求"},
    Title{"malformed_json", "请求内容不是有效的 JSON"},
    Title{"json_too_deep", "JSON 嵌套过深"},
    Title{"duplicate_name", "同一对象中有重复的字段名"},
    Title{"invalid_utf8", "内容不是有效的 UTF-8"},
    Title{"number_out_of_range", "数字超出范围"},
    Title{"missing_idempotency_key", "缺少 Idempotency-Key"},
    Title{"invalid_idempotency_key", "Idempotency-Key 无效"},
    Title{"invalid_parameter", "参数无效"},
    Title{"invalid_cursor", "游标无效"},
    Title{"invalid_callback", "回调内容无效"},
    Title{"not_found", "未找到"},
    Title{"unknown_route", "没有这个路径"},
    Title{"unknown_token", "未知的回调令牌"},
    Title{"method_not_allowed", "不允许使用此方法"},
    Title{"request_timeout", "请求到达过慢"},
    Title{"state_forbids", "当前状态不允许此操作"},
    Title{"undo_not_over", "原订单的撤销尚未完成，资源可能仍被占用"},
    Title{"proposal_differs", "与待确认的提议不一致"},
    Title{"in_use", "正在使用中"},
    Title{"policy_shipped", "内置策略不可修改"},
    Title{"policy_window_shorter", "正在使用的策略的时限将会缩短，请确认"},
    Title{"contradiction", "与已知结果相矛盾"},
    Title{"possible_duplicate", "该订单可能与之前的订单重复，请确认后再提交"},
    Title{"body_too_large", "请求内容过大"},
    Title{"unsupported_media_type", "未声明为 application/json"},
    Title{"missing_field", "缺少字段"},
    Title{"unknown_field", "没有这个字段"},
    Title{"invalid_field", "字段无效"},
    Title{"unknown_currency", "未知的货币"},
    Title{"idempotency_key_reused", "该幂等键已用于另一个请求"},
    Title{"cart_id_reused", "该购物车已用于另一笔购买"},
    Title{"unknown_definition", "未知的流程定义"},
    Title{"unknown_participant", "未知的参与方"},
    Title{"missing_endpoint", "缺少接口地址"},
    Title{"unknown_merchant", "未知的商户"},
    Title{"unknown_step", "未知的步骤"},
    Title{"invalid_participant", "参与方信息无效"},
    Title{"invalid_merchant", "商户信息无效"},
    Title{"invalid_definition", "流程定义无效"},
    Title{"unknown_policy", "未知的策略"},
    Title{"invalid_policy", "策略无效"},
    Title{"too_many_policies", "策略过多"},
    Title{"invalid_receiver", "接收方配置无效"},
    Title{"too_many_receivers", "接收方过多"},
    Title{"second_person_needed", "需要第二个人确认"},
    Title{"bulk_act_running", "另一个批量操作正在进行"},
    Title{"buyer_rate_limited", "下单过于频繁，请稍后再试"},
    Title{"header_too_large", "请求头过大"},
    Title{"internal", "内部错误"},
    Title{"damaged", "日志已损坏"},
    Title{"io", "无法读取日志"},
    Title{"paused", "暂不接受新的购买"},
    Title{"overloaded", "系统繁忙，请稍后再试"},
    Title{"journal_failed", "无法写入日志"},
    Title{"stopping", "服务正在停止"},
    Title{"too_many_connections", "连接过多"},
};

struct Reason {
  std::string_view code, english, chinese;
};

constexpr Reason general = {"", "The order could not be completed.", "订单未能完成。"};

constexpr std::array reasons = {
    // The coordinator's own.
    Reason{"deadline_passed", "The order was not settled in time and was cancelled.",
           "订单未能按时完成，已取消。"},
    Reason{"hold_expiring",
           "A reservation would have run out before the order was settled; it was cancelled.",
           "预留即将到期，订单未能及时完成，已取消。"},
    Reason{"cancelled_by_request", "The order was cancelled on request.", "订单已按要求取消。"},
    Reason{"cancelled_by_client", "The shop cancelled the order.", "商店已取消该订单。"},
    // A try that could not be made: the kinds of error. "refused" is also what a service may call a refusal.
    Reason{"dns", "A service could not be reached.", "无法连接到服务。"},
    Reason{"refused", "The order was refused by a service.", "服务方拒绝了该订单。"},
    Reason{"connect_timeout", "A service could not be reached in time.", "连接服务超时。"},
    Reason{"answer_timeout", "A service did not answer in time.", "服务未能及时答复。"},
    Reason{"reset", "The connection to a service broke off.", "与服务的连接中断。"},
    Reason{"tls", "No secure connection to a service could be made.", "无法与服务建立安全连接。"},
    Reason{"bad_status", "A service gave an answer that is not understood.", "服务返回了无法识别的答复。"},
    Reason{"throttled", "A service was too busy.", "服务繁忙。"},
    Reason{"signature_refused", "A service did not accept our signature.", "服务未接受签名。"},
    Reason{"format", "A service gave an answer that cannot be read.", "服务的答复无法解析。"},
    Reason{"digest_mismatch", "A service's answer was damaged on the way.", "服务的答复在传输中损坏。"},
    Reason{"business_refusal", "The order was refused by a service.", "服务方拒绝了该订单。"},
    Reason{"contradiction", "A service contradicted itself.", "服务的答复前后矛盾。"},
    Reason{"unregistered", "A service that the order needs is not registered.", "订单所需的服务未注册。"},
    Reason{"lost", "A service's answer was lost.", "服务的答复丢失。"},
    Reason{"overload", "The system was too busy.", "系统繁忙。"},
    // Of services: the reference ones, their kit, and what others commonly say.
    Reason{"out_of_stock", "The article is sold out.", "商品已售罄。"},
    Reason{"too_many", "That is more than can be bought at once.", "超过单次可购买的数量。"},
    Reason{"declined", "The bank declined the payment.", "银行拒绝了付款。"},
    Reason{"insufficient_funds", "The balance is too low.", "余额不足。"},
    Reason{"risk_refused", "The order was refused by the risk check.", "订单未通过风险检查。"},
    Reason{"limit_exceeded", "The order exceeds a limit of the buyer.", "超出买家的限额。"},
    Reason{"account_closed", "The account is closed.", "账户已关闭。"},
    Reason{"account_frozen", "The account is frozen.", "账户已冻结。"},
    Reason{"buyer_blocked", "The buyer may not buy here.", "该买家无法在此购买。"},
    Reason{"invalid_sku", "There is no such article.", "没有该商品。"},
    Reason{"price_changed", "The price has changed.", "价格已变动。"},
    Reason{"fenced", "The order was cancelled before the service heard of it.",
           "服务收到请求之前，订单已取消。"},
    Reason{"not_held", "The reservation does not exist any more.", "预留已不存在。"},
    Reason{"not_tried", "The service knows of no reservation.", "服务没有相应的预留。"},
    Reason{"cancelled_before", "The service had cancelled the order before.", "服务此前已取消该订单。"},
    Reason{"confirmed_before", "The service had confirmed the order before.", "服务此前已确认该订单。"},
};

const Reason* find_reason(std::string_view code) {
  const auto* found =
      std::find_if(reasons.begin(), reasons.end(), [&](const Reason& reason) { return reason.code == code; });
  return found == reasons.end() ? nullptr : &*found;
}

}  // namespace

std::string_view problem_sentence(std::string_view code, Language language) {
  if (language == Language::english) {
    const ProblemKind* kind = problem_kind(code);
    return kind == nullptr ? std::string_view() : kind->title;
  }
  const auto* found =
      std::find_if(titles.begin(), titles.end(), [&](const Title& title) { return title.code == code; });
  return found == titles.end() ? std::string_view() : found->chinese;
}

bool is_known_reason(std::string_view code) {
  return find_reason(code) != nullptr;
}

std::string_view reason_sentence(std::string_view code, Language language) {
  const Reason* known = find_reason(code);
  const Reason& reason = known == nullptr ? general : *known;
  return language == Language::chinese ? reason.chinese : reason.english;
}

}  // namespace settle
