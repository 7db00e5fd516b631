// What people write into orders, and what breaks careless code.
export const texts = {
    ascii: 'Book No. 7',
    chinese: '测试商品（大号）',
    plus: 'a+b ++ c',
    percent: '50% %20 %E6 100%',
    ampersand: 'a=1&b=2&&c',
    equals: '==a=b==',
    emoji: '红包🧧👨‍👩‍👧',
    quotes: '"a" \'b\' <c> \\d\\ &quot; &amp; /e/',
    tilde: "~!*()'-_.;:@,$?#[]",
    edges: '  spaces around  ',
};

// Alipay refuses '/', '=' and '&' in a subject.
export const asSubject = text => text.replace(/[/=&]/g, '_');
